"""Judgement of cases: findings, features and gas."""
