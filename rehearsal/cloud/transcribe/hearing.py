"""What a recording says, without listening: the text that it carries as a comment, and how it is encoded."""

from io import BytesIO

from tinytag import TinyTag, TinyTagException


class NotHeardError(Exception):
    """Why nothing is heard, in words of Transcribe where it has some."""


def heard(recording: bytes, *, media_format: str | None) -> str:
    """The text that the recording carries; `media_format` is what the job was told of it."""
    found = _format(recording)
    if found is None:
        raise NotHeardError("The media format of the file could not be detected.")
    if media_format not in (None, found):
        raise NotHeardError(
            "The media format that you specified doesn't match the detected media format. Check the media "
            "format and try your request again."
        )
    text = _comment(recording)
    if not text:
        raise NotHeardError("The rehearsal has no ears: it hears only what a file carries as a comment.")
    return text


def _format(recording: bytes) -> str | None:
    if recording[4:8] == b"ftyp":
        return "mp4"
    for start, name in (
        (b"ID3", "mp3"),
        (b"\xff\xfb", "mp3"),
        (b"\xff\xf3", "mp3"),
        (b"RIFF", "wav"),
        (b"fLaC", "flac"),
        (b"OggS", "ogg"),
        (b"\x1a\x45\xdf\xa3", "webm"),
    ):
        if recording.startswith(start):
            return name
    return None


def _comment(recording: bytes) -> str:
    try:
        tag = TinyTag.get(file_obj=BytesIO(recording), duration=False)
    except TinyTagException:
        return ""
    return (tag.comment or "").strip()
