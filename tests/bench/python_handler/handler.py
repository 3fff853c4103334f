"""An ordinary handler: Powertools, boto3, one psycopg connection, the same checks and statements in short."""

import json
import os
import uuid
from typing import Any, NamedTuple

import boto3
import psycopg
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, UnauthorizedError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

app = APIGatewayRestResolver()
logger = Logger(service="second_brain")

_secrets = boto3.client("secretsmanager", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
_bedrock = boto3.client("bedrock-runtime", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def _connect() -> psycopg.Connection:
    answer = _secrets.get_secret_value(SecretId=os.environ["DATABASE_URL_SECRET_ARN"])
    secret = json.loads(answer["SecretString"])
    return psycopg.connect(
        host=os.environ["DATABASE_HOST"],
        port=secret["port"],
        user=secret["username"],
        password=secret["password"],
        dbname=os.environ["DATABASE_NAME"],
        sslmode="verify-full",
        sslrootcert=os.environ["PGSSLROOTCERT"],
        autocommit=True,
    )


_database = _connect()


class Caller(NamedTuple):
    family: uuid.UUID
    user: uuid.UUID


@app.get("/entities/<entity_id>")
def entity(entity_id: str) -> Response[Any]:
    # The bench names a route by its template, so the path itself holds no id.
    asked = uuid.UUID((app.current_event.path_parameters or {})["entity_id"])
    row = _database.execute(
        "select id, kind, title, body, created_at from entities where family_id = %s and id = %s",
        [_caller().family, asked],
    ).fetchone()
    if row is None:
        raise NotFoundError("there is no such entity")
    return _respond(200, dict(zip(("id", "kind", "title", "body", "created_at"), row, strict=True)))


@app.get("/calendar")
def calendar() -> Response[Any]:
    caller, query = _caller(), app.current_event.query_string_parameters
    rows = _database.execute(
        "select id, title, lower(during), upper(during) from calendar_events"
        " where family_id = %s and user_id = %s and during && tstzrange(%s, %s) order by lower(during)",
        [caller.family, caller.user, query["from"], query["to"]],
    ).fetchall()
    names = ("id", "title", "starts_at", "ends_at")
    return _respond(200, {"events": [dict(zip(names, row, strict=True)) for row in rows]})


@app.post("/ingest")
def ingest() -> Response[Any]:
    caller, body = _caller(), app.current_event.json_body
    text = json.dumps({"inputText": f"{body['title']}\n{body['body']}", "dimensions": 1024})
    answer = _bedrock.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=text)
    embedding = json.loads(answer["body"].read())["embedding"]
    made = uuid.uuid4()
    _database.execute(
        "insert into entities (id, family_id, created_by, kind, title, body, embedding)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [made, caller.family, caller.user, body["kind"], body["title"], body["body"], json.dumps(embedding)],
    )
    return _respond(201, {"id": made})


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    answer = app.resolve(event, context)
    logger.info("answered", resource=event["resource"], status=answer["statusCode"])
    return answer


def _caller() -> Caller:
    subject = app.current_event.request_context.authorizer.claims["sub"]
    found = _database.execute("select family_id, id from users where subject = %s", [subject]).fetchone()
    if found is None:
        raise UnauthorizedError("nobody")
    return Caller(*found)


def _respond(status: int, body: dict[str, Any]) -> Response[Any]:
    return Response(status, content_types.APPLICATION_JSON, json.dumps(body, default=str))
