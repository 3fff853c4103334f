"""Which accounts and regions a pipeline delivers to."""

from rehearsal.conductor.delivery_places import Place, places_of
from rehearsal.home import Endpoint


def test_every_account_and_region_of_the_actions(cloud: Endpoint) -> None:
    role = "arn:aws:iam::222222222222:role/cdk-hnb659fds-deploy-role-222222222222-us-east-1"
    deployment = {"roleArn": role, "region": "us-east-1", "configuration": {"RoleArn": role}}
    pipeline = {"stages": [{"actions": [{}, deployment, deployment]}]}
    assert places_of([pipeline], cloud) == (
        Place(cloud.account, cloud.region),
        Place("222222222222", "us-east-1"),
        Place(cloud.account, "us-east-1"),
    )
