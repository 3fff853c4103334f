"""Addresses of AWS in a stack's outputs, as a step of a rehearsal gets them."""

import urllib.request

import boto3
import pytest

from rehearsal.emulator.urls import local_url
from rehearsal.home import Endpoint
from tests.rehearsal.cloud.stacks import Stacks

HERE = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    ("remote", "local"),
    [
        ("https://a1.execute-api.eu-west-1.amazonaws.com/prod/", f"{HERE}/_aws/execute-api/a1/prod/"),
        ("https://a1.execute-api.eu-west-1.amazonaws.com/v1/x?y=1", f"{HERE}/_aws/execute-api/a1/v1/x?y=1"),
        ("https://a1.execute-api.eu-west-1.amazonaws.com/prod", f"{HERE}/_aws/execute-api/a1/prod"),
        ("https://a1.execute-api.eu-west-1.amazonaws.com", f"{HERE}/_aws/execute-api/a1/$default/"),
        ("http://a1.execute-api.localhost:4566", f"{HERE}/_aws/execute-api/a1/$default/"),
        (
            "wss://a1.execute-api.eu-west-1.amazonaws.com/live",
            "ws://127.0.0.1:4566/_aws/execute-api/a1/live",
        ),
        ("https://u1.lambda-url.eu-west-1.on.aws/", f"{HERE}/_aws/lambda-url/u1/"),
        ("https://g1.appsync-api.eu-west-1.amazonaws.com/graphql", f"{HERE}/v1/apis/g1/graphql"),
        (
            "https://my-app.auth.eu-west-1.amazoncognito.com/oauth2/token",
            f"{HERE}/oauth2/token",
        ),
        ("http://b.s3-website-eu-west-1.amazonaws.com", f"{HERE}/_aws/s3-website/eu-west-1/b/"),
        ("http://b.s3-website.eu-central-1.amazonaws.com/a", f"{HERE}/_aws/s3-website/eu-central-1/b/a"),
        ("https://example.com/prod/", "https://example.com/prod/"),
        ("arn:aws:execute-api:eu-west-1:1:a1/prod", "arn:aws:execute-api:eu-west-1:1:a1/prod"),
    ],
)
def test_addresses_become_paths_on_the_endpoint(remote: str, local: str) -> None:
    assert local_url(remote, endpoint_url=HERE) == local


def test_addresses_inside_a_text_are_found() -> None:
    text = '{"api": "https://a1.execute-api.eu-west-1.amazonaws.com/prod/", "site": "https://example.com"}'
    assert local_url(text, endpoint_url=HERE) == (
        f'{{"api": "{HERE}/_aws/execute-api/a1/prod/", "site": "https://example.com"}}'
    )


def test_a_website_is_served_at_its_path(stacks: Stacks, aws: boto3.session.Session, cloud: Endpoint) -> None:
    website = {"IndexDocument": "index.html"}
    public = {"BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::site-a/*",
    }
    resources = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": "site-a",
                "WebsiteConfiguration": website,
                "PublicAccessBlockConfiguration": public,
            },
        },
        "Open": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [everybody]},
            },
        },
    }
    url = stacks.deploy("site-a", resources, Url={"Fn::GetAtt": ["Bucket", "WebsiteURL"]})["Url"]
    aws.client("s3").put_object(Bucket="site-a", Key="index.html", Body=b"hello", ContentType="text/html")
    local = local_url(url, endpoint_url=cloud.url)
    with urllib.request.urlopen(local) as page:  # noqa: S310 - an http address
        assert page.read() == b"hello"
    with urllib.request.urlopen(f"{local}index.html") as page:  # noqa: S310
        assert page.headers["Content-Type"] == "text/html"
