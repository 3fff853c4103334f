"""A user pool of the embedded AWS, and people who sign in on its pages."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from rehearsal.daemon import client
from rehearsal.home import Endpoint
from tests.lambdas.browser import Form

PASSWORD = "Correct-horse-9"
CALLBACK = "https://api.example.com/v1/discord/callback"


@dataclass(frozen=True)
class Member:
    username: str
    subject: str
    email: str
    family: str


@dataclass(frozen=True)
class UserPool:
    endpoint: Endpoint
    users: Any = field(repr=False)
    pool: str
    client: str
    key: Mapping[str, str] = field(repr=False)
    """Of somebody who may ask the pool what the function's role may."""

    @classmethod
    def create(cls, endpoint: Endpoint) -> "UserPool":
        users: Any = client.session(endpoint).client("cognito-idp")
        made = users.create_user_pool(
            PoolName="people",
            UsernameAttributes=["email"],
            Schema=[{"Name": "family_id", "AttributeDataType": "String", "Mutable": True}],
        )
        pool = made["UserPool"]["Id"]
        app = users.create_user_pool_client(
            UserPoolId=pool,
            ClientName="discord",
            GenerateSecret=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["email", "openid"],
            AllowedOAuthFlowsUserPoolClient=True,
            SupportedIdentityProviders=["COGNITO"],
            CallbackURLs=[CALLBACK],
        )
        key = _key(endpoint, made["UserPool"]["Arn"])
        return cls(endpoint, users, pool, app["UserPoolClient"]["ClientId"], key)

    def settings(self) -> Mapping[str, str]:
        """For a function whose other AWS services are stand-ins."""
        return {
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": self.endpoint.url,
            **self.key,
            "AWS_REGION": self.endpoint.region,
            "USER_POOL_ID": self.pool,
            "DISCORD_CLIENT_ID": self.client,
            "COGNITO_DOMAIN": self.endpoint.url,
        }

    def client_of_alexa(self) -> str:
        """Signs in with a password here, so that a test need not go through Alexa's account linking."""
        made = self.users.create_user_pool_client(
            UserPoolId=self.pool, ClientName="alexa", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
        )
        return str(made["UserPoolClient"]["ClientId"])

    def access_token(self, member: Member, app: str) -> str:
        signed_in = self.users.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=app,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": member.email, "PASSWORD": PASSWORD},
        )
        return str(signed_in["AuthenticationResult"]["AccessToken"])

    def join(self) -> Member:
        email, family = f"{uuid.uuid4()}@example.com", str(uuid.uuid4())
        attributes = {"email": email, "email_verified": "true", "custom:family_id": family}
        made = self.users.admin_create_user(
            UserPoolId=self.pool,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )["User"]
        self.users.admin_set_user_password(
            UserPoolId=self.pool, Username=email, Password=PASSWORD, Permanent=True
        )
        subject = next(found["Value"] for found in made["Attributes"] if found["Name"] == "sub")
        return Member(made["Username"], subject, email, family)

    def leave(self, member: Member, how: str) -> None:
        """`disabled`, `deleted` or `moved`."""
        {"disabled": self.disable, "deleted": self.delete, "moved": self.move}[how](member)

    def disable(self, member: Member) -> None:
        self.users.admin_disable_user(UserPoolId=self.pool, Username=member.username)

    def delete(self, member: Member) -> None:
        self.users.admin_delete_user(UserPoolId=self.pool, Username=member.username)

    def move(self, member: Member) -> None:
        family = {"Name": "custom:family_id", "Value": str(uuid.uuid4())}
        self.users.admin_update_user_attributes(
            UserPoolId=self.pool, Username=member.username, UserAttributes=[family]
        )

    def sign_in(self, address: str, member: Member) -> dict[str, str]:
        """What the sign-in pages send back to the callback."""
        with httpx.Client(base_url=self.endpoint.url, trust_env=False) as browser:
            form = Form.of(browser.get(address).text)
            filled = {**form.fields, "username": member.email, "password": PASSWORD}
            answer = browser.post(form.action, data=filled)
        location = answer.headers["location"]
        assert location.startswith(CALLBACK), location
        return dict(parse_qsl(urlsplit(location).query))


def _key(endpoint: Endpoint, pool: str) -> Mapping[str, str]:
    iam: Any = client.session(endpoint).client("iam")
    name = f"discord-{uuid.uuid4()}"
    actions = ["cognito-idp:DescribeUserPoolClient", "cognito-idp:AdminGetUser"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": pool}
    iam.create_user(UserName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName=name, PolicyName="pool", PolicyDocument=policy)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
