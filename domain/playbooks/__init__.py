"""Playbooks: the pure rules of each type of exception, from facts and policy to ranked options."""

from domain.playbooks.adjustment import InvalidAdjustment
from domain.playbooks.playbook import Playbook
from domain.playbooks.registry import PLAYBOOKS, playbook_for

__all__ = ["PLAYBOOKS", "InvalidAdjustment", "Playbook", "playbook_for"]
