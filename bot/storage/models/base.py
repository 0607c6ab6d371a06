"""What all tables share: the base class and the kinds of ids."""

from __future__ import annotations

import datetime as dt
from typing import Any, NewType

from sqlalchemy import BigInteger, Boolean, DateTime, LargeBinary, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

#: Telegram's id of a chat. Lives only in the store and in calls to Telegram.
ChatId = NewType("ChatId", int)
#: Row id of a chat: what jobs, locks and logs may hold.
ChatRow = NewType("ChatRow", int)
#: Short reference of a case, H-7K3Q.
CaseRef = NewType("CaseRef", str)
#: Row id of an operator.
OperatorId = NewType("OperatorId", int)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        int: BigInteger,
        str: String,
        bytes: LargeBinary,
        bool: Boolean,
        dt.datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[int]: JSONB,
        list[str]: JSONB,
    }
