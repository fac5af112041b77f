import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary import merkle
from notary.errors import MerkleError
from notary.ots import Node

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def reference_root(leaves):
    """RFC 6962 §2.1, as it is written."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + reference_root(leaves[:split]) + reference_root(leaves[split:])).digest()


def reference_path(index, leaves):
    """RFC 6962 §2.1.1, as it is written: siblings only."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*reference_path(index, leaves[:split]), reference_root(leaves[split:])]
    return [*reference_path(index - split, leaves[split:]), reference_root(leaves[:split])]


def test_rfc6962_test_vectors():
    """The Certificate Transparency reference's own tree: seven leaves over known inputs."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [hashlib.sha256(b"\x00" + bytes.fromhex(item)).digest() for item in inputs]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for size, root in roots.items():
        assert merkle.tree_root(leaves[:size]).hex() == root


@given(LEAVES)
def test_root_and_paths_are_rfc6962s(leaves):
    levels = merkle.tree_levels(leaves)
    assert levels[-1] == [reference_root(leaves)]
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion_path(levels, index)
        assert [sibling for _, sibling in path] == reference_path(index, leaves)
        assert merkle.root_of_path(leaf, path) == levels[-1][0]
        merkle.verify_inclusion(leaf, index, len(leaves), [sibling for _, sibling in path], levels[-1][0])


@given(LEAVES.filter(lambda leaves: len(set(leaves)) > 1), st.data())
def test_a_path_holds_for_its_own_leaf_alone(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1).filter(lambda number: leaves[number] != leaves[index]))
    levels = merkle.tree_levels(leaves)
    path = [sibling for _, sibling in merkle.inclusion_path(levels, index)]
    with pytest.raises(MerkleError):
        merkle.verify_inclusion(leaves[other], index, len(leaves), path, levels[-1][0])


@given(LEAVES.filter(lambda leaves: len(leaves) > 1), st.data())
def test_a_flipped_bit_in_a_path_is_found(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    levels = merkle.tree_levels(leaves)
    path = [sibling for _, sibling in merkle.inclusion_path(levels, index)]
    if not path:
        return
    at = data.draw(st.integers(0, len(path) - 1))
    path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
    with pytest.raises(MerkleError):
        merkle.verify_inclusion(leaves[index], index, len(leaves), path, levels[-1][0])


def test_an_odd_leaf_is_not_doubled():
    """CVE-2012-2459: with doubling, [a, b, c] and [a, b, c, c] share a root."""
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(3)]
    assert merkle.tree_root(leaves) != merkle.tree_root([*leaves, leaves[2]])


def test_one_leaf_is_its_own_root():
    leaf = merkle.leaf_hash(bytes(32), bytes(16))
    levels = merkle.tree_levels([leaf])
    assert levels == [[leaf]]
    assert merkle.inclusion_path(levels, 0) == ()
    merkle.verify_inclusion(leaf, 0, 1, [], leaf)


def test_an_empty_tree_is_refused():
    with pytest.raises(MerkleError, match="at least one"):
        merkle.tree_root([])


@pytest.mark.parametrize("index", [-1, 3, 4, 1 << 40])
def test_an_index_out_of_range(index):
    levels = merkle.tree_levels([bytes([number]) * 32 for number in range(3)])
    with pytest.raises(MerkleError):
        merkle.inclusion_path(levels, index)
    with pytest.raises(MerkleError):
        merkle.verify_inclusion(bytes(32), index, 3, [bytes(32)], bytes(32))


def test_a_path_that_is_too_long_or_short():
    leaves = [bytes([number]) * 32 for number in range(4)]
    levels = merkle.tree_levels(leaves)
    path = [sibling for _, sibling in merkle.inclusion_path(levels, 1)]
    for wrong in (path[:-1], [*path, bytes(32)], []):
        with pytest.raises(MerkleError):
            merkle.verify_inclusion(leaves[1], 1, 4, wrong, levels[-1][0])


def test_a_node_is_no_leaf():
    """Second preimage: the two children of a node, taken as a record, give another hash."""
    left, right = bytes(32), bytes([1]) * 32
    assert merkle.node_hash(left, right) != hashlib.sha256(b"\x00" + left + right).digest()
    with pytest.raises(MerkleError):
        merkle.leaf_hash(left + right, bytes(16))


@pytest.mark.parametrize(
    ("digest", "nonce"), [(b"", bytes(16)), (bytes(31), bytes(16)), (bytes(32), b""), (bytes(32), bytes(17))]
)
def test_records_have_one_length(digest, nonce):
    with pytest.raises(MerkleError):
        merkle.leaf_hash(digest, nonce)


def test_nonces_hide_equal_digests():
    one, two = merkle.new_nonce(), merkle.new_nonce()
    assert one != two
    assert merkle.leaf_hash(bytes(32), one) != merkle.leaf_hash(bytes(32), two)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_a_leafs_operations_lead_to_the_root(digests, data):
    index = data.draw(st.integers(0, len(digests) - 1))
    nonces = [hashlib.sha256(b"%d" % number).digest()[:16] for number in range(len(digests))]
    levels = merkle.tree_levels([merkle.leaf_hash(*pair) for pair in zip(digests, nonces, strict=True)])
    node = merkle.graft(Node(digests[index]), nonces[index], merkle.inclusion_path(levels, index))
    assert node.msg == levels[-1][0]
