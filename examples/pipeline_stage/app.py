"""A CDK pipeline that imports labels in a test stage first and, after an approval, in production."""

from aws_cdk import App, Stack, Stage, aws_s3, pipelines
from constructs import Construct

from glue_labels import Labels, LabelsImport


class CustomerLabels(Stack):
    """The labels of the transform in one environment."""

    def __init__(self, scope: Construct, construct_id: str, *, transform_id: str) -> None:
        super().__init__(scope, construct_id)
        # The transform's role must be allowed to read the label file in the bootstrap bucket. Pass the role
        # as transform_role, or allow it by hand: docs/guide/existing-transforms.md.
        LabelsImport(
            self,
            "Labels",
            transform=transform_id,
            labels=Labels.from_asset("labels/customers.csv"),
            replace_all_labels=True,
        )


class Environment(Stage):
    """The stacks of one environment. To deploy to another account or region, pass `env`."""

    def __init__(self, scope: Construct, construct_id: str, *, transform_id: str) -> None:
        super().__init__(scope, construct_id)
        CustomerLabels(self, "CustomerLabels", transform_id=transform_id)


class LabelsPipeline(Stack):
    """Synthesizes this app from a source archive, and deploys the stages one after the other."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        # CodePipeline requires versioning. For a Git repository, use CodePipelineSource.connection instead.
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
        # If the import fails in the test stage, the pipeline stops there. Production keeps its labels.
        pipeline.add_stage(Environment(self, "Test", transform_id="tfm-of-test"))
        pipeline.add_stage(
            Environment(self, "Production", transform_id="tfm-of-production"),
            pre=[pipelines.ManualApprovalStep("CheckTheTestTransform")],
        )


app = App()
LabelsPipeline(app, "LabelsPipeline")
app.synth()
