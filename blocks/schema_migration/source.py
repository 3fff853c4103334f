"""What a migrator's folder is made of."""

from blocks.certificates import RDS_BUNDLE
from blocks.function_assets import FunctionSource


def migrator_source(*, application: str, schema: str) -> FunctionSource:
    """`schema`: the folder of the application's `0001_name.sql` and on, relative to the repository."""
    return FunctionSource(
        name=f"{application}_migrator",
        content=(
            ("blocks/schema_migration/handler/migrator", "migrator"),
            (schema, "schema"),
            (RDS_BUNDLE, "rds.pem"),
        ),
        requirements="blocks/schema_migration/requirements.lock",
    )
