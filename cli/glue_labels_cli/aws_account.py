"""The AWS account of a command: clients with the user's own credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from glue_labels_cli.aws_errors import remedy
from glue_labels_cli.terminal import CommandError
from glue_labels_handler.errors import classify

_RETRYING = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})

# Glue has no client token: retrying a start whose response was lost would start a second run.
_ONCE = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Account:
    """An account and region.

    Attributes:
        glue: a boto3 Glue client that retries transient errors.
        glue_once: a boto3 Glue client without retries, for starts, and for polls, which are repeated anyway.
        s3: a boto3 S3 client.
        region: name of the clients' region.
        partition: partition of ARNs, such as aws.
        options: the command's ``--profile`` and ``--region``, for commands that the user pastes.
    """

    glue: Any
    glue_once: Any
    s3: Any
    region: str
    partition: str
    options: tuple[str, ...] = ()

    @classmethod
    def open(cls, profile: str | None, region: str | None) -> Account:
        """Return the account of a profile (None: boto3's default) in a region (None: that of the profile).

        Raises:
            CommandError: there is no such profile, or no region. Missing credentials fail the first call.
        """
        try:
            session = boto3.Session(profile_name=profile, region_name=region)
            glue = session.client("glue", config=_RETRYING)
            return cls(
                glue=glue,
                glue_once=session.client("glue", config=_ONCE),
                s3=session.client("s3", config=_RETRYING),
                region=glue.meta.region_name,
                partition=glue.meta.partition,
                options=tuple(
                    word
                    for name, value in (("--profile", profile), ("--region", region))
                    if value
                    for word in (name, value)
                ),
            )
        except (BotoCoreError, ValueError) as error:
            aws_error = classify(error)
            text = f"{aws_error.message.rstrip('. ')}. {remedy('', aws_error)}"
            raise CommandError(text.rstrip()) from error
