"""A Cognito user pool that people sign up to by e-mail, and the three kinds of clients it has.

A client says itself which attributes it may write. Left to itself Cognito lets every client write
every attribute, the one that says which tenant a person belongs to included.

Flows differ by kind: a web client proves the password without sending it (SRP), a server's client only
trades codes and refreshes tokens, and the smoke tests' client opens to AWS credentials alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from blocks.waivers import acknowledge
from config.words import Removal

REFRESH = "ALLOW_REFRESH_TOKEN_AUTH"
_REMOVAL: Mapping[Removal, RemovalPolicy] = {
    "destroy": RemovalPolicy.DESTROY,
    "retain": RemovalPolicy.RETAIN,
}


@dataclass(frozen=True, kw_only=True)
class UserPoolShape:
    name: str
    domain: str
    """What the hosted pages' address starts with; the account is added, since all of AWS shares them."""
    custom_attributes: Sequence[str]
    writable_attributes: Sequence[str]
    """Those of the custom attributes that a person may change through a client."""
    removal: Removal
    deletion_protection: bool
    region: str


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """How a client's users come back from the hosted pages."""

    scopes: Sequence[cognito.OAuthScope]
    callbacks: Sequence[str]
    logouts: Sequence[str] = ()
    providers: Sequence[cognito.IUserPoolIdentityProvider] = ()
    """Besides the pool's own accounts."""
    flows: Sequence[str] = field(default=(REFRESH,))
    has_secret: bool = True


class UserPool(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, shape: UserPoolShape) -> None:
        super().__init__(scope, construct_id)
        self._shape = shape
        self.pool = self._pool()
        prefix = f"{shape.domain}-{Aws.ACCOUNT_ID}"
        self.domain = self.pool.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix)
        )
        self.host = f"{self.domain.domain_name}.auth.{shape.region}.amazoncognito.com"

    def client(
        self, scope: Construct, construct_id: str, *, name: str, sign_in: SignIn
    ) -> cognito.UserPoolClient:
        """In `scope`, which may be another stack's: a callback may only be known there."""
        pool_accounts = cognito.UserPoolClientIdentityProvider.COGNITO
        client = cognito.UserPoolClient(
            scope,
            construct_id,
            user_pool=self.pool,
            user_pool_client_name=name,
            generate_secret=sign_in.has_secret,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=list(sign_in.scopes),
                callback_urls=list(sign_in.callbacks),
                logout_urls=list(sign_in.logouts) or None,
            ),
            supported_identity_providers=[pool_accounts, *map(_named, sign_in.providers)],
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
            write_attributes=self._writable(),
            enable_token_revocation=True,
            prevent_user_existence_errors=True,
        )
        _allow_flows(client, sign_in.flows)
        for provider in sign_in.providers:
            client.node.add_dependency(provider)
        return client

    def smoke_client(self, construct_id: str, *, name: str) -> cognito.UserPoolClient:
        """Signs in with a password, for callers that hold AWS credentials of this account."""
        client = cognito.UserPoolClient(
            self,
            construct_id,
            user_pool=self.pool,
            user_pool_client_name=name,
            generate_secret=False,
            disable_o_auth=True,
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            access_token_validity=Duration.minutes(15),
            id_token_validity=Duration.minutes(15),
            refresh_token_validity=Duration.hours(1),
            write_attributes=self._writable(),
            prevent_user_existence_errors=True,
        )
        _allow_flows(client, ["ALLOW_ADMIN_USER_PASSWORD_AUTH", REFRESH])
        return client

    def _writable(self) -> cognito.ClientAttributes:
        standard = cognito.ClientAttributes().with_standard_attributes(email=True, fullname=True)
        return standard.with_custom_attributes(*self._shape.writable_attributes)

    def _pool(self) -> cognito.UserPool:
        shape = self._shape
        pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=shape.name,
            self_sign_up_enabled=True,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True),
                fullname=cognito.StandardAttribute(required=False, mutable=True),
            ),
            custom_attributes={
                name: cognito.StringAttribute(mutable=True) for name in shape.custom_attributes
            },
            password_policy=cognito.PasswordPolicy(
                min_length=8,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=False,
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            removal_policy=_REMOVAL[shape.removal],
            deletion_protection=shape.deletion_protection,
        )
        acknowledge(pool, _AS_ASKED)
        return pool


_AS_ASKED = {
    "AwsSolutions-COG1": "Eight characters of three kinds are what the application asks for; a second "
    "factor is offered, and symbols add less than length",
    "AwsSolutions-COG2": "A second factor is offered, not demanded: the application is for families, and "
    "voice and chat clients cannot ask for one",
    "AwsSolutions-COG8": "Threat protection is billed for each user; it is a choice of who runs the pool",
}


def _named(provider: cognito.IUserPoolIdentityProvider) -> cognito.UserPoolClientIdentityProvider:
    return cognito.UserPoolClientIdentityProvider.custom(provider.provider_name)


def _allow_flows(client: cognito.UserPoolClient, flows: Sequence[str]) -> None:
    """Said in full: with no flow the CDK says nothing, and Cognito then allows more than asked."""
    resource = client.node.default_child
    if isinstance(resource, cognito.CfnUserPoolClient):
        resource.explicit_auth_flows = list(flows)
