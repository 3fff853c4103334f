"""Checks and completes templates: an error for unknown types, and generated secrets as configured."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.refusals import Refusals

_UNKNOWN = "Unrecognized resource types"
_REMEDY = (
    ". The rehearsal's embedded AWS does not know them, so the stack was not touched. Add them to "
    "their service in rehearsal/cloud/ (docs/rehearsal.md says how), or leave them out of the rehearsed "
    "environments by a condition or a setting."
)
_MODULES = ("engine", "handlers", "changesets")


def apply(cloud: Cloud) -> None:
    _name_the_remedy(Refusals.of(cloud.home))
    _generate_secrets_as_asked()


def _name_the_remedy(refusals: Refusals) -> None:
    guard = Guard("unknown resource types")
    modules = [guard.module(f"ministack.services.cloudformation.{name}") for name in _MODULES]
    native = guard.function(modules[0], "validate_template_support", ("template", "conditions"))
    for module in modules:
        guard.that(
            guard.attribute(module, "validate_template_support") is native,
            f"{module.__name__} validates templates in another way",
        )
        module.validate_template_support = _with_remedy(native, refusals)


def _with_remedy(native: Callable[..., None], refusals: Refusals) -> Callable[..., None]:
    def validate(*arguments: Any, **options: Any) -> None:
        try:
            native(*arguments, **options)
        except ValueError as error:
            if _UNKNOWN not in str(error):
                raise
            raise ValueError(refusals.noted(f"{error}{_REMEDY}")) from None

    return validate


def _generate_secrets_as_asked() -> None:
    """Apply `ExcludePunctuation` and the like, which decide whether a database accepts the password."""
    guard = Guard("generated secrets")
    provisioners = guard.module("ministack.services.cloudformation.provisioners")
    native = guard.function(provisioners, "_sm_secret_string", ("props",))
    secrets = guard.module("ministack.services.secretsmanager")
    generate = guard.function(secrets, "_get_random_password", ("data",))

    def secret_string(props: Mapping[str, Any]) -> str:
        asked = props.get("GenerateSecretString")
        if not asked or props.get("SecretString"):
            return native(props)  # type: ignore[no-any-return]
        password = _password(generate, asked)
        if not asked.get("SecretStringTemplate"):
            return password
        return json.dumps({**json.loads(asked["SecretStringTemplate"]), asked["GenerateStringKey"]: password})

    provisioners._sm_secret_string = secret_string


def _password(generate: Callable[..., Any], asked: Mapping[str, Any]) -> str:
    wishes = {name: _scalar(value) for name, value in asked.items() if name not in _ABOUT_THE_STRING}
    status, _headers, body = generate(wishes)
    answer = json.loads(body)
    if status != 200:
        raise ValueError(f"GenerateSecretString: {answer.get('message', answer)}")
    return str(answer["RandomPassword"])


def _scalar(value: Any) -> Any:
    """Convert strings, because templates may contain numbers and booleans as text."""
    text = str(value)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if text.isdigit() else value


_ABOUT_THE_STRING = frozenset({"SecretStringTemplate", "GenerateStringKey"})
