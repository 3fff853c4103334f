"""`POST /invocations` and `GET /ping`, as AgentCore expects them on port 8080."""

import logging
import os
import sys
from typing import Any

from bedrock_agentcore import BedrockAgentCoreApp, RequestContext
from starlette.responses import JSONResponse

from agents.second_brain.swarm.assistant import Answer, Assistant, NoAnswerError, StrangerError
from agents.second_brain.swarm.aws import FAILURES, ServiceError
from agents.second_brain.swarm.database import DatabaseError
from agents.second_brain.swarm.logs import write_logs
from agents.second_brain.swarm.request import InvalidRequestError, parse
from agents.second_brain.swarm.settings import Settings, SettingsError

logger = logging.getLogger(__name__)


def application(assistant: Assistant) -> BedrockAgentCoreApp:
    app = BedrockAgentCoreApp()

    @app.entrypoint
    async def invoke(payload: Any, context: RequestContext) -> JSONResponse:
        return await respond(assistant, payload, session=context.session_id)

    return app


async def respond(assistant: Assistant, payload: Any, *, session: str | None) -> JSONResponse:
    try:
        answer = await assistant.answer(parse(payload), session=session)
    except InvalidRequestError as error:
        return _refused(400, str(error), field=error.field)
    except StrangerError as error:
        return _refused(403, str(error))
    except NoAnswerError as error:
        return _refused(504, str(error))
    except (DatabaseError, ServiceError, *FAILURES) as error:
        logger.warning("unavailable: %s", error)
        return _refused(503, "something that the agent needs did not answer")
    return _answered(answer)


def _answered(answer: Answer) -> JSONResponse:
    return JSONResponse({"answer": answer.text, "citations": [str(note) for note in answer.citations]})


def _refused(status: int, message: str, *, field: str | None = None) -> JSONResponse:
    body = {"error": message} | ({"field": field} if field else {})
    return JSONResponse(body, status_code=status)


def serve() -> None:
    write_logs()
    try:
        settings = Settings.of(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    # AgentCore reaches the container from outside; a rehearsal turns this into loopback.
    application(Assistant.of(settings)).run(port=8080, host="0.0.0.0")  # noqa: S104
