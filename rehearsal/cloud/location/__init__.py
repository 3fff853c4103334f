"""Amazon Location's place indexes, backed by a gazetteer of large cities."""

from rehearsal.cloud.location.service import attach

__all__ = ["attach"]
