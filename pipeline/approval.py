"""A manual approval whose comment and link come from the step before it.

CDK's own `ManualApprovalStep` cannot read another step's exported variables: it never tells the
pipeline that it refers to them, and synthesis fails. This step says so.
"""

import jsii
from aws_cdk import Duration, pipelines
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_sns as sns

DEADLINE = Duration.days(7)


@jsii.implements(pipelines.ICodePipelineActionFactory)
class InformedApproval(pipelines.Step):
    def __init__(self, step_id: str, *, summary: str, report_url: str, topic: sns.ITopic) -> None:
        super().__init__(step_id)
        self._summary = summary
        self._report_url = report_url
        self._topic = topic
        self._discover_referenced_outputs({"summary": summary, "report": report_url})

    @jsii.member(jsii_name="produceAction")
    def produce_action(
        self, stage: codepipeline.IStage, options: pipelines.ProduceActionOptions
    ) -> pipelines.CodePipelineActionFactoryResult:
        stage.add_action(
            actions.ManualApprovalAction(
                action_name=options.action_name,
                run_order=options.run_order,
                additional_information=self._summary,
                external_entity_link=self._report_url,
                notification_topic=self._topic,
                timeout=DEADLINE,
            )
        )
        return pipelines.CodePipelineActionFactoryResult(run_orders_consumed=1)
