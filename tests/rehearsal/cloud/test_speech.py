"""Polly's and Transcribe's rehearsal: what is spoken can be played, and is heard again."""

from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tinytag import TinyTag

from rehearsal.cloud.transcribe.hearing import NotHeardError, heard
from tests.patience import until
from tests.rehearsal.cloud.identities import Identities, allow

TEXT = "Grüße: the boiler key is under the mat."
SPOKEN = {"OutputFormat": "mp3", "VoiceId": "Joanna"}


@pytest.fixture(scope="module")
def bucket(aws: boto3.session.Session) -> str:
    place: Any = {"LocationConstraint": aws.region_name}
    wanted = {} if aws.region_name == "us-east-1" else {"CreateBucketConfiguration": place}
    aws.client("s3").create_bucket(Bucket="heard-and-spoken", **wanted)
    return "heard-and-spoken"


def speak(aws: boto3.session.Session, text: str = TEXT) -> bytes:
    found: bytes = aws.client("polly").synthesize_speech(Text=text, **SPOKEN)["AudioStream"].read()
    return found


def job(aws: boto3.session.Session, bucket: str, name: str, media_format: str = "mp3") -> Any:
    """The job once it has ended."""
    client: Any = aws.client("transcribe")
    client.start_transcription_job(
        TranscriptionJobName=name,
        IdentifyLanguage=True,
        MediaFormat=media_format,
        Media={"MediaFileUri": f"s3://{bucket}/{name}"},
        OutputBucketName=bucket,
    )

    def found() -> Any:
        return client.get_transcription_job(TranscriptionJobName=name)["TranscriptionJob"]

    until(lambda: found()["TranscriptionJobStatus"] != "IN_PROGRESS", f"the job {name} does not end")
    return found()


def test_what_polly_speaks_can_be_played_and_carries_its_text(aws: boto3.session.Session) -> None:
    tag = TinyTag.get(file_obj=BytesIO(speak(aws)))
    assert (tag.comment, tag.samplerate, tag.channels) == (TEXT, 24000, 1)
    assert tag.duration == pytest.approx(len(TEXT) * 0.072, abs=0.2)


def test_transcribe_hears_what_polly_spoke(aws: boto3.session.Session, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="spoken", Body=speak(aws))
    assert job(aws, bucket, "spoken")["TranscriptionJobStatus"] == "COMPLETED"
    written = aws.client("s3").get_object(Bucket=bucket, Key="spoken.json")["Body"].read().decode()
    assert "boiler key is under the mat" in written


@pytest.mark.parametrize(
    ("content", "media_format", "reason"),
    [
        (b"", "mp3", "could not be detected"),
        (b"<html>", "mp3", "could not be detected"),
        (b"RIFF\x00\x00\x00\x00WAVE", "mp3", "doesn't match"),
        (b"\xff\xf3\x64\xc0" + bytes(140), "mp3", "only what a file carries"),
        (b"ID3\x04\x00\x00\x7f\x7f\x7f\x7fCOMM", "mp3", "only what a file carries"),
        (b"OggS" + b"\xff" * 200, "ogg", "only what a file carries"),
    ],
    ids=["empty", "text", "another format", "silence", "a tag longer than the file", "broken"],
)
def test_nothing_is_heard_where_nothing_is_carried(content: bytes, media_format: str, reason: str) -> None:
    with pytest.raises(NotHeardError, match=reason):
        heard(content, media_format=media_format)


def test_a_job_that_hears_nothing_fails_with_the_reason(aws: boto3.session.Session, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="noise", Body=b"\x00" * 100)
    ended = job(aws, bucket, "noise")
    assert ended["TranscriptionJobStatus"] == "FAILED"
    assert "could not be detected" in ended["FailureReason"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Text": "x" * 3001}, "TextLengthExceededException"),
        ({"OutputFormat": "ogg_vorbis"}, "InvalidParameterValueException"),
        ({"TextType": "ssml"}, "InvalidParameterValueException"),
    ],
    ids=["too long", "another format", "ssml"],
)
def test_what_polly_does_not_take_is_refused(
    aws: boto3.session.Session, change: dict[str, str], code: str
) -> None:
    client: Any = aws.client("polly")
    with pytest.raises(ClientError, match=code):
        client.synthesize_speech(**{"Text": TEXT, **SPOKEN, **change})


def test_another_call_of_polly_is_refused_by_name(aws: boto3.session.Session) -> None:
    with pytest.raises(ClientError, match="SynthesizeSpeech is"):
        aws.client("polly").describe_voices()


def test_calls_need_their_grants(aws: boto3.session.Session, bucket: str) -> None:
    identities = Identities(aws=aws)
    own = f"arn:aws:transcribe:{aws.region_name}:111122223333:transcription-job/own-*"
    somebody: Any = identities.user("listener", allow("transcribe:GetTranscriptionJob", own))
    with pytest.raises(ClientError, match="polly:SynthesizeSpeech"):
        speak(somebody)
    with pytest.raises(ClientError, match="transcribe:StartTranscriptionJob"):
        job(somebody, bucket, "own-job")
    listener = somebody.client("transcribe")
    with pytest.raises(ClientError, match="NotFoundException"):
        listener.get_transcription_job(TranscriptionJobName="own-job")
    with pytest.raises(ClientError, match="AccessDenied"):
        listener.get_transcription_job(TranscriptionJobName="others")
    starting: Any = identities.user("starter", allow("transcribe:StartTranscriptionJob"))
    with pytest.raises(ClientError, match="s3:GetObject"):
        job(starting, bucket, "own-job")
