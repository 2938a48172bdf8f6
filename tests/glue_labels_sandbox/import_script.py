"""A program that imports labels in the sandbox, as a user's might."""

IMPORT_LABELS = """
import boto3, json
iam, s3, glue = boto3.client("iam"), boto3.client("s3"), boto3.client("glue")
trust = dict(Effect="Allow", Principal=dict(Service="glue.amazonaws.com"), Action="sts:AssumeRole")
grant = dict(Effect="Allow", Action="s3:GetObject", Resource="*")
trust, grant = (json.dumps(dict(Version="2012-10-17", Statement=[part])) for part in (trust, grant))
iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
iam.put_role_policy(RoleName="r", PolicyName="read", PolicyDocument=grant)
s3.create_bucket(Bucket="bucket")
s3.put_object(Bucket="bucket", Key="key", Body="labeling_set_id,label,name")
transform = glue.create_ml_transform(Name="t", InputRecordTables=[], Role="r",
                                     Parameters=dict(TransformType="FIND_MATCHES"))["TransformId"]
glue.start_import_labels_task_run(TransformId=transform, InputS3Path="s3://bucket/key")
"""
