"""Who may use Second Brain: its user pool, the providers people sign in with, and its clients.

The providers' credentials are secrets that this stack creates with placeholders, so that the first
deployment works; `docs/applications/second_brain.md` says how to fill them. A template holds only
references to them.

The Discord client is made in the Integrations stack: it lists the address of that stack's API.
"""

import json

from aws_cdk import CfnOutput, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from blocks.smoke_people.construct import SmokePeople, TestPeople
from blocks.user_pool import REFRESH, SignIn, UserPool, UserPoolShape
from blocks.waivers import acknowledge
from stacks.application import Site
from stacks.second_brain.settings import SecondBrainSettings

EMAIL, OPENID, PROFILE = cognito.OAuthScope.EMAIL, cognito.OAuthScope.OPENID, cognito.OAuthScope.PROFILE
SMOKE_TIMEZONE = "Europe/Berlin"
ALEXA_HOSTS = ("layla.amazon.com", "alexa.amazon.co.jp", "pitangui.amazon.com")


class AuthStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, site: Site[SecondBrainSettings]) -> None:
        super().__init__(scope, construct_id, description="Second Brain: users, sign-in and clients")
        self._site = site
        self.users = UserPool(self, "Users", shape=_shape(site))
        self.google = self._google()
        self.amazon = self._amazon()
        self.web_client = self._web_client()
        self.alexa_client = self._alexa_client()
        self.smoke_client = self.users.smoke_client("SmokeClient", name=site.names.of("second-brain-smoke"))
        self._tell()
        self._admit_smoke_tests()

    def _google(self) -> cognito.UserPoolIdentityProviderGoogle:
        credentials = self._credentials("GoogleOauth", "Sign-in with Google")
        version = self._site.settings.google_oauth_version
        return cognito.UserPoolIdentityProviderGoogle(
            self,
            "Google",
            user_pool=self.users.pool,
            client_id=_field(credentials, "client_id", version).unsafe_unwrap(),
            client_secret_value=_field(credentials, "client_secret", version),
            scopes=["email", "profile", "openid"],
            attribute_mapping=cognito.AttributeMapping(
                email=cognito.ProviderAttribute.GOOGLE_EMAIL,
                fullname=cognito.ProviderAttribute.GOOGLE_NAME,
            ),
        )

    def _amazon(self) -> cognito.UserPoolIdentityProviderAmazon:
        credentials = self._credentials("AmazonOauth", "Sign-in with Amazon, for Alexa's account linking")
        version = self._site.settings.amazon_oauth_version
        return cognito.UserPoolIdentityProviderAmazon(
            self,
            "Amazon",
            user_pool=self.users.pool,
            client_id=_field(credentials, "client_id", version).unsafe_unwrap(),
            client_secret=_field(credentials, "client_secret", version).unsafe_unwrap(),
            scopes=["profile"],
            attribute_mapping=cognito.AttributeMapping(
                email=cognito.ProviderAttribute.AMAZON_EMAIL,
                fullname=cognito.ProviderAttribute.AMAZON_NAME,
            ),
        )

    def _credentials(self, construct_id: str, description: str) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            construct_id,
            description=f"{description}: client_id and client_secret; filled by a person",
            removal_policy=self._removal,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"client_id": "not-filled-yet"}),
                generate_string_key="client_secret",
                exclude_punctuation=True,
            ),
        )
        reason = "Issued by another company, where a person renews it; AWS cannot rotate it"
        acknowledge(secret, {"AwsSolutions-SMG4": reason})
        return secret

    @property
    def _removal(self) -> RemovalPolicy:
        return RemovalPolicy.DESTROY if self._site.environment.removal == "destroy" else RemovalPolicy.RETAIN

    def _web_client(self) -> cognito.UserPoolClient:
        origins = self._site.settings.origins(self._site.environment)
        return self.users.client(
            self,
            "WebClient",
            name=self._site.names.of("second-brain-web"),
            sign_in=SignIn(
                scopes=(EMAIL, OPENID, PROFILE),
                callbacks=[f"{origin}/callback" for origin in origins],
                logouts=origins,
                providers=(self.google,),
                flows=("ALLOW_USER_SRP_AUTH", REFRESH),
                has_secret=False,
            ),
        )

    def _alexa_client(self) -> cognito.UserPoolClient:
        vendor = self._site.settings.alexa_vendor_id
        return self.users.client(
            self,
            "AlexaClient",
            name=self._site.names.of("second-brain-alexa"),
            sign_in=SignIn(
                scopes=(EMAIL, OPENID, PROFILE),
                callbacks=[f"https://{host}/api/skill/link/{vendor}" for host in ALEXA_HOSTS],
                providers=(self.amazon,),
            ),
        )

    def _tell(self) -> None:
        pool = self.users.pool
        CfnOutput(self, "UserPoolId", value=pool.user_pool_id)
        CfnOutput(self, "UserPoolArn", value=pool.user_pool_arn)
        self.web_client_id = CfnOutput(self, "WebClientId", value=self.web_client.user_pool_client_id)
        self.cognito_domain = CfnOutput(self, "CognitoDomain", value=self.users.host)
        CfnOutput(self, "SmokeClientId", value=self.smoke_client.user_pool_client_id)

    def _admit_smoke_tests(self) -> None:
        """They may have people made, and touch nobody else's account."""
        people = SmokePeople(
            self,
            "SmokePeople",
            pool=self.users.pool,
            client=self.smoke_client,
            people=TestPeople(
                tenant_attribute="custom:family_id", attributes={"custom:timezone": SMOKE_TIMEZONE}
            ),
        )
        self.smoke_people = CfnOutput(self, "SmokePeopleFunction", value=people.function.function_name)
        self._site.smoke.allow(
            self, actions=["lambda:InvokeFunction"], resources=[people.function.function_arn]
        )


def _shape(site: Site[SecondBrainSettings]) -> UserPoolShape:
    return UserPoolShape(
        name=site.names.of("second-brain-users"),
        domain=site.names.of("second-brain"),
        custom_attributes=("family_id", "timezone"),
        writable_attributes=("timezone",),
        removal=site.environment.removal,
        deletion_protection=site.settings.deletion_protection,
        region=site.environment.region,
    )


def _field(secret: secretsmanager.Secret, name: str, version: str | None) -> SecretValue:
    """The current version, or the one that is named: CloudFormation reads a secret again only then."""
    return SecretValue.secrets_manager(secret.secret_arn, json_field=name, version_id=version)
