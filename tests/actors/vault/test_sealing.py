"""The cipher by itself: published vectors, and that nothing opens that is not what was sealed."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.vault import sealing
from actors.vault.sealing import Sealed, seal, unseal

KEY = bytes(range(32))
_FE = "feffe9928665731c6d6a8f9467308308" * 2
_CLEAR = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_DATA = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)


@pytest.mark.parametrize(
    ("key", "nonce", "clear", "bound", "data", "tag"),
    [
        ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            "00" * 32,
            "00" * 12,
            "00" * 16,
            "",
            "cea7403d4d606b6e074ec5d3baf39d18",
            "d0d1c8a799996bf0265b98b5d48ab919",
        ),
        (_FE, "cafebabefacedbaddecaf888", _CLEAR, "", _DATA, "b094dac5d93471bdec1a502270e3cc6c"),
        (
            _FE,
            "cafebabefacedbaddecaf888",
            _CLEAR[:-8],
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            _DATA[:-8],
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ],
    ids=["13", "14", "15", "16"],
)
def test_it_is_the_cipher_of_the_published_vectors(
    key: str, nonce: str, clear: str, bound: str, data: str, tag: str
) -> None:
    """McGrew and Viega, The Galois/Counter Mode of Operation, appendix B: the cases with keys of 256 bits."""
    arguments = (bytes.fromhex(key), bytes.fromhex(nonce))
    sealed = bytes.fromhex(data + tag)
    assert sealing.encrypt(*arguments, bytes.fromhex(clear), bytes.fromhex(bound)) == sealed
    assert sealing.decrypt(*arguments, sealed, bytes.fromhex(bound)) == bytes.fromhex(clear)


@given(value=st.text(min_size=1), owner=st.sampled_from(["", "ada"]), name=st.sampled_from(["A", "B.c-d_1"]))
def test_what_was_sealed_opens(value: str, owner: str, name: str) -> None:
    assert unseal(KEY, seal(KEY, value, owner=owner, name=name)) == value


def test_nothing_is_sealed_twice_the_same_way() -> None:
    both = [seal(KEY, "x", owner="", name="A") for _ in range(2)]
    assert both[0].nonce != both[1].nonce
    assert both[0].data != both[1].data


def test_a_megabyte_and_every_kind_of_character_survive() -> None:
    for value in ("x" * 1_000_000, "ß𝄞\n\t\"'\\ \u202e\0"):
        assert unseal(KEY, seal(KEY, value, owner="", name="A")) == value


SEALED = seal(KEY, "value", owner="ada", name="A", hosts=("x.org", "y.org"))


@pytest.mark.parametrize(
    "changed",
    [
        attrs.evolve(SEALED, owner=""),
        attrs.evolve(SEALED, owner="bob"),
        attrs.evolve(SEALED, name="B"),
        attrs.evolve(SEALED, master_key=sealing.fingerprint(bytes(32))),
        attrs.evolve(SEALED, owner="ad", name="aA"),
        attrs.evolve(SEALED, hosts=()),
        attrs.evolve(SEALED, hosts=("x.org", "y.org", "*")),
        attrs.evolve(SEALED, hosts=("x.org y.org",)),
        attrs.evolve(SEALED, name="A", hosts=("y.org", "x.org")),
        attrs.evolve(SEALED, form=sealing.WITHOUT_HOSTS),
        attrs.evolve(SEALED, form=3),
        attrs.evolve(SEALED, nonce=bytes(12)),
        attrs.evolve(SEALED, nonce=b""),
        attrs.evolve(SEALED, data=b""),
        attrs.evolve(SEALED, data=SEALED.data[:-1]),
        attrs.evolve(SEALED, data=SEALED.data + b"\0"),
        *(
            attrs.evolve(SEALED, data=SEALED.data[:at] + bytes([SEALED.data[at] ^ 1]) + SEALED.data[at + 1 :])
            for at in range(len(SEALED.data))
        ),
    ],
)
def test_what_was_changed_or_exchanged_does_not_open(changed: Sealed) -> None:
    assert unseal(KEY, changed) is None


def test_another_key_does_not_open_it() -> None:
    assert unseal(bytes(32), SEALED) is None


def test_a_fingerprint_tells_keys_apart_and_not_what_they_are() -> None:
    keys = [KEY, bytes(32), sealing.new_key()]
    found = [sealing.fingerprint(key) for key in keys]
    assert len(set(found)) == 3
    assert all(key.hex().find(each) == -1 for key, each in zip(keys, found, strict=True))
    assert found[1] == "2cfd5bb3af5303e6"  # it stands in databases, so it never changes
