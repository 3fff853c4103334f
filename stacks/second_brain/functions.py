"""What Second Brain's functions in Python are made of; `python -m blocks.function_assets` builds them."""

from blocks.function_assets import FunctionSource
from blocks.schema_migration.source import migrator_source

MIGRATOR = migrator_source(application="second_brain", schema="lambdas/second_brain/schema")

FUNCTIONS: tuple[FunctionSource, ...] = (MIGRATOR,)
