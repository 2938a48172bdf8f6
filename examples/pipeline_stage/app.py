"""A CDK pipeline that teaches the same labels first in a test stage, then, once approved, in production."""

from aws_cdk import App, Stack, Stage, aws_s3, pipelines
from constructs import Construct

from glue_labels import Labels, LabelsImport


class CustomerLabels(Stack):
    """The labels of one environment's transform."""

    def __init__(self, scope: Construct, construct_id: str, *, transform_id: str) -> None:
        super().__init__(scope, construct_id)
        # The transform's role must be allowed to read the bootstrap bucket; given as transform_role, it is
        # granted that. By hand: docs/guide/existing-transforms.md.
        LabelsImport(
            self,
            "Labels",
            transform=transform_id,
            labels=Labels.from_asset("labels/customers.csv"),
            replace_all_labels=True,
        )


class Environment(Stage):
    """What is deployed to one environment; `env=` says which account and region, if not the pipeline's."""

    def __init__(self, scope: Construct, construct_id: str, *, transform_id: str) -> None:
        super().__init__(scope, construct_id)
        CustomerLabels(self, "CustomerLabels", transform_id=transform_id)


class LabelsPipeline(Stack):
    """Synthesizes this app from a source archive, and deploys the stages one after the other."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        # Versioned, as the pipeline asks for; CodePipelineSource.connection reads a Git repository instead.
        source = aws_s3.Bucket(
            self,
            "Source",
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
        )
        pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            synth=pipelines.ShellStep(
                "Synth",
                input=pipelines.CodePipelineSource.s3(source, "source.zip"),
                commands=[
                    "npm install -g aws-cdk",
                    "pip install -r requirements.txt",
                    "glue-labels check labels/customers.csv",
                    "cdk synth",
                ],
            ),
        )
        # A stage whose import fails ends the pipeline there: production keeps the labels it has.
        pipeline.add_stage(Environment(self, "Test", transform_id="tfm-of-test"))
        pipeline.add_stage(
            Environment(self, "Production", transform_id="tfm-of-production"),
            pre=[pipelines.ManualApprovalStep("LookAtTheTransformOfTest")],
        )


app = App()
LabelsPipeline(app, "LabelsPipeline")
app.synth()
