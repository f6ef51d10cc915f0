"""Hooks: made, combined, set on conditionings."""

from __future__ import annotations

from typing import Any

from ryla_graphs.shapes.registry import NodeFails, rule
from ryla_graphs.shapes.rules.conditioning.changed import combined, properties
from ryla_graphs.shapes.rules.keyed import keyed
from ryla_graphs.shapes.values import MaskShape, Opaque


@rule("ConditioningSetProperties")
def set_properties(cond_NEW: Any, mask: MaskShape | None = None, hooks: Any = None, timesteps: Any = None) -> Any:  # noqa: N803
    return properties(cond_NEW, hooks, mask, timesteps)


@rule("ConditioningSetPropertiesAndCombine")
def set_properties_and_combine(
    cond: Any,
    cond_NEW: Any,  # noqa: N803 - the input's own name
    mask: MaskShape | None = None,
    hooks: Any = None,
    timesteps: Any = None,
) -> Any:
    return combined(cond, properties(cond_NEW, hooks, mask, timesteps))


@rule("PairConditioningSetProperties")
def set_properties_of_pair(
    positive_NEW: Any,  # noqa: N803 - the input's own name
    negative_NEW: Any,  # noqa: N803 - the input's own name
    mask: MaskShape | None = None,
    hooks: Any = None,
    timesteps: Any = None,
) -> tuple[Any, Any]:
    return properties(positive_NEW, hooks, mask, timesteps), properties(negative_NEW, hooks, mask, timesteps)


@rule("PairConditioningSetPropertiesAndCombine")
def set_properties_of_pair_and_combine(positive: Any, negative: Any, **others: Any) -> tuple[Any, Any]:
    new = {name: others.get(name) for name in ("positive_NEW", "negative_NEW", "mask", "hooks", "timesteps")}
    first, second = set_properties_of_pair(**new)
    return combined(positive, first), combined(negative, second)


@rule("PairConditioningCombine")
def combine_pairs(**pairs: Any) -> tuple[Any, Any]:
    first = combined(pairs.get("positive_A"), pairs.get("positive_B"))
    return first, combined(pairs.get("negative_A"), pairs.get("negative_B"))


def _default(conditioning: Any, hooks: Any) -> Any:
    return keyed(properties(conditioning, hooks, None, None), default=True)


@rule("ConditioningSetDefaultCombine")
def set_default(cond: Any, cond_DEFAULT: Any, hooks: Any = None) -> Any:  # noqa: N803 - the input's own name
    return combined(cond, _default(cond_DEFAULT, hooks))


@rule("PairConditioningSetDefaultCombine")
def set_default_of_pair(positive: Any, negative: Any, hooks: Any = None, **defaults: Any) -> tuple[Any, Any]:
    first = combined(positive, _default(defaults.get("positive_DEFAULT"), hooks))
    return first, combined(negative, _default(defaults.get("negative_DEFAULT"), hooks))


@rule("ConditioningTimestepsRange")
def timesteps_range(start_percent: Any, end_percent: Any) -> tuple[Any, ...]:
    return [start_percent, end_percent], [0.0, start_percent], [end_percent, 1.0]


@rule("CreateHookLora", "CreateHookLoraModelOnly", "CreateHookModelAsLora", "CreateHookModelAsLoraModelOnly")
def create_hook() -> Opaque:
    return Opaque("HOOKS")


@rule("CreateHookKeyframe", "CreateHookKeyframesInterpolated")
def create_keyframes() -> Opaque:
    return Opaque("HOOK_KEYFRAMES")


@rule("CreateHookKeyframesFromFloats")
def create_keyframes_of(floats_strength: Any) -> Opaque:
    if not isinstance(floats_strength, (list, tuple, int, float)):
        raise NodeFails("its strengths are no numbers")
    return Opaque("HOOK_KEYFRAMES")


@rule("SetHookKeyframes")
def set_keyframes(hooks: Any) -> Any:
    return hooks


@rule("CombineHooks2", "CombineHooks4", "CombineHooks8")
def combine_hooks(**hooks: Any) -> Any:
    """All hooks as one; None if there are none."""
    return next((hook for hook in hooks.values() if hook is not None), None)
