"""An ordinary handler: boto3, one psycopg connection, the same checks and statements in short."""

import json
import os
import uuid
from typing import Any

import boto3
import psycopg

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


def handle(event: dict[str, Any]) -> dict[str, Any]:
    claims = event["requestContext"]["authorizer"]["claims"]
    user = _database.execute("select id, family_id from users where subject = %s", [claims["sub"]]).fetchone()
    if user is None:
        return _respond(401, {"error": "nobody"})
    if event["resource"] == "/entities/{entity_id}":
        return _entity(user[1], event["pathParameters"]["entity_id"])
    if event["resource"] == "/calendar":
        return _calendar(user, event["queryStringParameters"])
    return _ingest(user, json.loads(event["body"]))


def _entity(family: uuid.UUID, entity: str) -> dict[str, Any]:
    row = _database.execute(
        "select id, kind, title, body, created_at from entities where family_id = %s and id = %s",
        [family, uuid.UUID(entity)],
    ).fetchone()
    if row is None:
        return _respond(404, {"error": "not found"})
    return _respond(200, dict(zip(("id", "kind", "title", "body", "created_at"), row, strict=True)))


def _calendar(user: tuple[Any, ...], query: dict[str, str]) -> dict[str, Any]:
    rows = _database.execute(
        "select id, title, lower(during), upper(during) from calendar_events"
        " where family_id = %s and user_id = %s and during && tstzrange(%s, %s) order by lower(during)",
        [user[1], user[0], query["from"], query["to"]],
    ).fetchall()
    names = ("id", "title", "starts_at", "ends_at")
    return _respond(200, {"events": [dict(zip(names, row, strict=True)) for row in rows]})


def _ingest(user: tuple[Any, ...], body: dict[str, str]) -> dict[str, Any]:
    text = json.dumps({"inputText": f"{body['title']}\n{body['body']}", "dimensions": 1024})
    answer = _bedrock.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=text)
    embedding = json.loads(answer["body"].read())["embedding"]
    entity = uuid.uuid4()
    _database.execute(
        "insert into entities (id, family_id, created_by, kind, title, body, embedding)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        [entity, user[1], user[0], body["kind"], body["title"], body["body"], json.dumps(embedding)],
    )
    return _respond(201, {"id": entity})


def _respond(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body, default=str)}
