"""Skeletons: Human3.6M-17 is the one the field uses, and wrong trees are refused with the reason."""

import pytest

from geolift.skeletons.skeleton import H36M17, H36M21, Skeleton, check_skeleton, is_human


def test_h36m17_is_one_tree_with_sides():
    assert check_skeleton(H36M17) is H36M17
    assert H36M17.names[H36M17.root] == "pelvis" and H36M17.names[H36M17.head] == "head"
    assert len(H36M17.bones) == 16


def test_sides_are_what_their_names_say():
    for left, right in zip(H36M17.left, H36M17.right, strict=True):
        assert H36M17.names[left].replace("left", "right") == H36M17.names[right]
    middle = set(range(17)) - set(H36M17.left) - set(H36M17.right)
    assert not any("left" in H36M17.names[j] or "right" in H36M17.names[j] for j in middle)


def test_mirrored_order_is_its_own_inverse_and_keeps_the_tree():
    order = H36M17.mirrored
    assert tuple(order[j] for j in order) == tuple(range(17))
    for parent, child in H36M17.bones:
        assert (order[parent], order[child]) in H36M17.bones


def test_feet_come_after_the_17_joints_and_hang_on_their_own_ankles():
    assert check_skeleton(H36M21) is H36M21
    assert H36M21.names[:17] == H36M17.names and H36M21.parents[:17] == H36M17.parents
    for joint in range(17, 21):
        side = H36M21.names[joint].split("_")[0]
        assert H36M21.names[H36M21.parents[joint]] == f"{side}_ankle"
        assert joint in getattr(H36M21, side)
        assert H36M21.names[H36M21.mirrored[joint]].split("_")[1] == H36M21.names[joint].split("_")[1]


def test_people_with_and_without_feet_are_people_and_others_are_not():
    assert is_human(H36M17) and is_human(H36M21)
    assert not is_human(H36M17._replace(names=("root", *H36M17.names[1:])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": ("a", "a", "c")}, "a"),
        ({"parents": (-1, 0)}, "2 parents"),
        ({"parents": (-1, -1, 0)}, "found 2"),
        ({"parents": (-1, 2, 1)}, "circle"),
        ({"parents": (-1, 0, 7)}, "parent 7 of c"),
        ({"left": (1,), "right": ()}, "pair"),
        ({"left": (1,), "right": (1,)}, "pair"),
        ({"head": 3}, "0..2"),
        ({"head": 0}, "both a"),
        ({"names": ("a", "", "c")}, "without a name"),
    ],
)
def test_wrong_trees_are_refused(change, message):
    good = Skeleton(names=("a", "b", "c"), parents=(-1, 0, 0), left=(1,), right=(2,), head=1)
    assert check_skeleton(good) is good
    with pytest.raises(ValueError, match=message):
        check_skeleton(good._replace(**change))
