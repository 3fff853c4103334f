"""Second Brain's REST API: its routes, each behind the user pool, and the functions they lead to.

`/v1` is the stage. API Gateway gives up on a function after 29 seconds; functions bound what they wait
for themselves and answer before that.
"""

from dataclasses import replace

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from blocks.models import TITAN_EMBED
from blocks.rest_api import RestApi, RestApiShape
from blocks.rust_function import RustFunction
from blocks.waivers import acknowledge
from stacks.application import Site
from stacks.second_brain.auth import AuthStack
from stacks.second_brain.rust import Work, Workshop
from stacks.second_brain.settings import SecondBrainSettings
from stacks.second_brain.voice import RecordingStore, VoiceNotes

STAGE = "v1"
ASKING = {("POST", "query"), ("GET", "briefing")}
"""Routes whose answer the agent writes."""
MP3 = "audio/mpeg"


class ApiStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: Site[SecondBrainSettings],
        workshop: Workshop,
        auth: AuthStack,
    ) -> None:
        super().__init__(scope, construct_id, description="Second Brain: REST API")
        self._site = site
        self._workshop = workshop
        self._clients = auth.web_client, auth.smoke_client
        self.recordings = RecordingStore(self, "Recordings", site=site)
        self.voice = VoiceNotes(self, "VoiceNotes", site=site, workshop=workshop, store=self.recordings)
        self.query = self._query()
        self.ingest = self._ingest()
        self.briefing = self._briefing()
        self.calendar = self._calendar()
        self.rest = RestApi(self, "Rest", shape=self._shape())
        self._routes(auth)
        site.gateway_logs.needed_by(self)
        self.api_url = CfnOutput(self, "ApiUrl", value=self.rest.api.url)
        CfnOutput(self, "ApiId", value=self.rest.api.rest_api_id)

    @property
    def functions(self) -> tuple[RustFunction, ...]:
        return self.query, self.ingest, self.briefing, self.calendar, self.voice.made

    def _routes(self, auth: AuthStack) -> None:
        people = apigateway.CognitoUserPoolsAuthorizer(
            self,
            "People",
            cognito_user_pools=[auth.users.pool],
            identity_source=apigateway.IdentitySource.header("Authorization"),
        )
        for method, path, made in (
            ("POST", "query", self.query),
            ("GET", "entities/{entity_id}", self.query),
            ("POST", "ingest", self.ingest),
            ("POST", "voice-notes", self.ingest),
            ("GET", "voice-notes/{voice_note_id}", self.ingest),
            ("GET", "briefing", self.briefing),
            ("GET", "calendar", self.calendar),
            ("POST", "calendar", self.calendar),
            ("GET", "links", self.calendar),
            ("DELETE", "links/{link_id}", self.calendar),
            ("GET", "family", self.calendar),
            ("POST", "family", self.calendar),
            ("POST", "family/join", self.calendar),
            ("POST", "family/leave", self.calendar),
            ("GET", "family/invitations", self.calendar),
            ("POST", "family/invitations", self.calendar),
            ("DELETE", "family/invitations/{invitation_id}", self.calendar),
            ("PUT", "family/members/{member_id}", self.calendar),
            ("DELETE", "family/members/{member_id}", self.calendar),
            ("GET", "person", self.calendar),
            ("POST", "person/codes", self.calendar),
            ("POST", "person/link", self.calendar),
            ("POST", "person/confirm", self.calendar),
            ("DELETE", "person/accounts/{account_id}", self.calendar),
        ):
            self.rest.route(
                method,
                path,
                function=made.function,
                authorizer=people,
                takes_json=method in ("POST", "PUT"),
                asks_agent=(method, path) in ASKING,
            )
        self.rest.acknowledge_preflights()

    def _shape(self) -> RestApiShape:
        return RestApiShape(
            name=self._site.names.of("second-brain-api"),
            description="Second Brain REST API",
            stage=STAGE,
            binary=(MP3,),
            origins=self._site.settings.origins(self._site.environment),
        )

    def _query(self) -> RustFunction:
        return self._make(
            Work(
                binary="query",
                description="Answers questions and shows entities",
                environment={"EMBED_MODEL_ID": self._embedding_model},
                grants=[self._workshop.embed, self._workshop.ask_agent],
            )
        )

    def _ingest(self) -> RustFunction:
        agents = self._workshop.agents
        made = self._make(
            Work(
                binary="ingest",
                description="Takes notes in",
                environment={
                    "EMBED_MODEL_ID": self._embedding_model,
                    "PLACE_INDEX": agents.place_index.index_name,
                    **self.recordings.settings,
                },
                grants=[self._workshop.embed, agents.place_search, self.recordings.upload],
            )
        )
        self.recordings.acknowledge_own_objects(made.role)
        return made

    def _briefing(self) -> RustFunction:
        speaking = iam.PolicyStatement(actions=["polly:SynthesizeSpeech"], resources=["*"])
        made = self._make(
            Work(
                binary="briefing",
                description="Tells what a day holds",
                timeout_seconds=60,
                grants=[self._workshop.ask_agent, speaking],
            )
        )
        reason = "Lexicons are the only resource of Polly's that IAM knows, and none is used"
        acknowledge(made.role, {"AwsSolutions-IAM5[Resource::*]": reason})
        return made

    def _calendar(self) -> RustFunction:
        return self._make(Work(binary="calendar", description="Keeps the calendar and the families"))

    @property
    def _embedding_model(self) -> str:
        return TITAN_EMBED.id_in(self._site.environment.region)

    def _make(self, work: Work) -> RustFunction:
        told = {
            **self._workshop.agent_settings,
            "CORS_ORIGINS": ",".join(self._site.settings.origins(self._site.environment)),
            "USER_POOL_CLIENT_IDS": ",".join(client.user_pool_client_id for client in self._clients),
            **work.environment,
        }
        return self._workshop.make(self, work.binary.capitalize(), work=replace(work, environment=told))
