"""What Second Brain's programs in Python are made of; `python -m blocks.function_assets` builds them."""

from blocks.certificates import RDS_BUNDLE
from blocks.function_assets import FunctionSource
from blocks.schema_migration.source import migrator_source
from blocks.smoke_people.construct import SOURCE as SMOKE_PEOPLE

MIGRATOR = migrator_source(application="second_brain", schema="lambdas/second_brain/schema")

_CODE = "agents/second_brain"

AGENT = FunctionSource(
    name="second_brain_agent",
    content=(
        (f"{_CODE}/main.py", "main.py"),
        ("agents/__init__.py", "agents/__init__.py"),
        (f"{_CODE}/__init__.py", f"{_CODE}/__init__.py"),
        (f"{_CODE}/swarm", f"{_CODE}/swarm"),
        (RDS_BUNDLE, "rds.pem"),
    ),
    requirements=f"{_CODE}/requirements.lock",
)

FUNCTIONS: tuple[FunctionSource, ...] = (MIGRATOR, AGENT, SMOKE_PEOPLE)
