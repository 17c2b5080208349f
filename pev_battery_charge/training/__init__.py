"""Training shared policies with Stable-Baselines3, and what was learned as a controller like any other.

All of it but the configuration needs the extra `train`: `pip install "pev-battery-charge[train]"`.
"""

from pev_battery_charge.training.config import FIRST_EVALUATION_SEED, OffPolicyConfig, PPOConfig, TrainConfig
from pev_battery_charge.training.policy import TrainedPolicy, load_policy
from pev_battery_charge.training.train import TrainingResult, resume, train

__all__ = [
    "FIRST_EVALUATION_SEED",
    "OffPolicyConfig",
    "PPOConfig",
    "TrainConfig",
    "TrainedPolicy",
    "TrainingResult",
    "load_policy",
    "resume",
    "train",
]
