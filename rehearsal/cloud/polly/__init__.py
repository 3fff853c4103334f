"""Amazon Polly: silent recordings that carry the text they stand for."""

from rehearsal.cloud.polly.service import attach

__all__ = ["attach"]
