"""Pipelines get the tags that CloudFormation gives: ministack knows the types with tags, and this is not one.

They also tell, after a kill, which stack a pipeline belongs to.
"""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

STACK_ID = "aws:cloudformation:stack-id"


def apply(_cloud: Cloud) -> None:
    guard = Guard("tags of stacks")
    provisioners = guard.module("ministack.services.cloudformation.provisioners")
    table = guard.attribute(provisioners, "_STACK_TAG_PROPERTY")
    guard.that(
        table.get("AWS::SQS::Queue") == ("Tags", "list"), "its table of tag properties has another form"
    )
    table["AWS::CodePipeline::Pipeline"] = ("Tags", "list")
