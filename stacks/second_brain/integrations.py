"""Second Brain in Discord and Alexa.

Discord reaches an API of this stack's own, without the user pool: the function believes a request that
carries Discord's signature, and the pages that link an account take only secrets that work once. Routes
on the Api stack's API would either tie the two stacks in a knot or never be deployed.

Here too is the user pool's client for Discord, since its callback is this API's address. What Alexa's skill
needs to be told is in the configuration: it has no secret, since the skill's own credentials are for calls to
Alexa, and there are none.
"""

import hashlib
import json
from dataclasses import replace

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from blocks.models import TITAN_EMBED
from blocks.rest_api import RestApi, RestApiShape
from blocks.rust_function import RustFunction
from blocks.user_pool import SignIn
from blocks.waivers import acknowledge
from stacks.application import Site
from stacks.second_brain.auth import EMAIL, OPENID, AuthStack
from stacks.second_brain.rust import Work, Workshop
from stacks.second_brain.settings import SecondBrainSettings

STAGE = "v1"
WEBHOOK, CALLBACK = "discord/webhook", "discord/callback"
LINK, CONFIRM = "discord/link", "discord/confirm"
ALEXA_SECONDS = 8
"""How long Alexa waits for an answer."""
NOBODYS_KEY = hashlib.sha256(b"Second Brain has no Discord application yet").hexdigest()
"""Until a person fills the secret every signature is refused: nobody has the other half of a hash."""


class IntegrationsStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: Site[SecondBrainSettings],
        workshop: Workshop,
        auth: AuthStack,
    ) -> None:
        super().__init__(scope, construct_id, description="Second Brain: Discord and Alexa")
        self._site, self._workshop, self._auth = site, workshop, auth
        self.rest = RestApi(self, "Rest", shape=self._shape())
        self.discord_secret = self._secret(
            "DiscordSecret",
            "Discord application",
            {"application_id": "0", "public_key": NOBODYS_KEY},
            "bot_token",
        )
        self.discord = self._discord()
        self.alexa = self._alexa()
        self._routes()
        self._let_alexa_in()
        site.gateway_logs.needed_by(self)
        self._tell()
        self._admit_smoke_tests()

    @property
    def functions(self) -> tuple[RustFunction, ...]:
        return self.discord, self.alexa

    def _discord(self) -> RustFunction:
        client = self._discord_client()
        settings = {
            "DISCORD_SECRET_ARN": self.discord_secret.secret_arn,
            "DISCORD_CLIENT_ID": client.user_pool_client_id,
            "DISCORD_REDIRECT_URL": self.rest.url(CALLBACK),
            "COGNITO_DOMAIN": self._auth.users.host,
        }
        pool = self._auth.users.pool.user_pool_arn
        made = self._conversing(
            "Discord",
            Work(
                binary="discord_webhook",
                description="Second Brain in Discord",
                environment=settings,
                grants=[
                    _reading(self.discord_secret),
                    iam.PolicyStatement(
                        actions=["cognito-idp:DescribeUserPoolClient", "cognito-idp:AdminGetUser"],
                        resources=[pool],
                    ),
                ],
            ),
        )
        # In a policy of its own: the role's is needed before the function, and this names the function.
        itself = iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[made.function.function_arn]
        )
        iam.Policy(self, "DiscordFollowsUp", roles=[made.role], statements=[itself])
        return made

    def _alexa(self) -> RustFunction:
        return self._conversing(
            "Alexa",
            Work(
                binary="alexa_skill",
                description="Second Brain in Alexa",
                timeout_seconds=ALEXA_SECONDS,
                environment={
                    "ALEXA_SKILL_ID": self._site.settings.alexa_skill_id,
                    "ALEXA_CLIENT_ID": self._auth.alexa_client.user_pool_client_id,
                },
                grants=[
                    iam.PolicyStatement(
                        actions=["cognito-idp:AdminGetUser"],
                        resources=[self._auth.users.pool.user_pool_arn],
                    ),
                ],
            ),
        )

    def _conversing(self, construct_id: str, work: Work) -> RustFunction:
        """With what it takes to answer a question and to know who asks it."""
        told = {
            **self._workshop.agent_settings,
            "EMBED_MODEL_ID": TITAN_EMBED.id_in(self._site.environment.region),
            "USER_POOL_ID": self._auth.users.pool.user_pool_id,
            **work.environment,
        }
        grants = [self._workshop.embed, self._workshop.ask_agent, *work.grants]
        return self._workshop.make(self, construct_id, work=replace(work, environment=told, grants=grants))

    def _discord_client(self) -> cognito.UserPoolClient:
        return self._auth.users.client(
            self,
            "DiscordClient",
            name=self._site.names.of("second-brain-discord"),
            sign_in=SignIn(scopes=(EMAIL, OPENID), callbacks=[self.rest.url(CALLBACK)]),
        )

    def _shape(self) -> RestApiShape:
        return RestApiShape(
            name=self._site.names.of("second-brain-integrations"),
            description="Second Brain for Discord",
            stage=STAGE,
        )

    def _routes(self) -> None:
        self.rest.open_route(
            "POST",
            WEBHOOK,
            function=self.discord.function,
            reason="Discord signs every request; the function refuses what is not signed or is stale",
        )
        reason = (
            "People come here with a browser that has no token; the function takes only secrets that it gave "
            "out itself, each once, and from the browser that it gave them to"
        )
        for method, path in (("GET", LINK), ("POST", LINK), ("GET", CALLBACK), ("POST", CONFIRM)):
            self.rest.open_route(method, path, function=self.discord.function, reason=reason)

    def _let_alexa_in(self) -> None:
        self.alexa.function.add_permission(
            "AlexaSkill",
            principal=iam.ServicePrincipal("alexa-appkit.amazon.com"),
            action="lambda:InvokeFunction",
            event_source_token=self._site.settings.alexa_skill_id,
        )

    def _secret(
        self, construct_id: str, what: str, known: dict[str, str], generated: str
    ) -> secretsmanager.Secret:
        is_kept = self._site.environment.removal == "retain"
        secret = secretsmanager.Secret(
            self,
            construct_id,
            description=f"{what}: {', '.join([*known, generated])}; filled by a person",
            removal_policy=RemovalPolicy.RETAIN if is_kept else RemovalPolicy.DESTROY,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps(known),
                generate_string_key=generated,
                exclude_punctuation=True,
            ),
        )
        reason = "Issued by another company, where a person renews it; AWS cannot rotate it"
        acknowledge(secret, {"AwsSolutions-SMG4": reason})
        return secret

    def _tell(self) -> None:
        self.webhook_url = CfnOutput(self, "DiscordWebhookUrl", value=self.rest.url(WEBHOOK))
        self.alexa_arn = CfnOutput(self, "AlexaLambdaArn", value=self.alexa.function.function_arn)
        skill = self._site.settings.alexa_skill_id
        self.alexa_skill_id = CfnOutput(self, "AlexaSkillId", value=skill)
        self.discord_secret_arn = CfnOutput(self, "DiscordSecretArn", value=self.discord_secret.secret_arn)

    def _admit_smoke_tests(self) -> None:
        arn = self.alexa.function.function_arn
        self._site.smoke.allow(self, actions=["lambda:InvokeFunction"], resources=[arn])
        if self._site.environment.tier != "prod":
            self._site.smoke.allow(
                self,
                actions=["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
                resources=[self.discord_secret.secret_arn],
            )


def _reading(secret: secretsmanager.Secret) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret.secret_arn])
