"""Content blocks from the fragments of a stream."""

from actors.llm.answers.blocks import LONGEST, BlockBuilder
from actors.vocabulary import ProviderData, Text, Thinking, ToolUse


def builder() -> BlockBuilder:
    return BlockBuilder("anthropic", lambda: "made-up")


def kept(**data: str) -> ProviderData:
    return ProviderData(origin="anthropic", data=data)


def test_blocks_come_in_the_order_in_which_they_began() -> None:
    d = builder()
    d.begin(0, "thinking")
    d.begin(1, "text")
    d.begin(2, "call")
    d.name_call(2, id="c", name="FileRead")
    d.add(1, "Hel")
    d.add(2, '{"path": ')
    d.add(0, "hm")
    d.add(1, "lo")
    d.add(2, '"a"}')
    d.keep(0, "signature", "s1")
    d.keep(0, "signature", "s2")
    d.keep(2, "token", "t")
    assert d.blocks(cut=False) == (
        Thinking(text="hm", provider_data=kept(signature="s1s2")),
        Text(text="Hello"),
        ToolUse(id="c", name="FileRead", input={"path": "a"}, provider_data=kept(token="t")),
    )


def test_empty_blocks_are_left_out() -> None:
    d = builder()
    for key, kind in enumerate(("text", "thinking", "call")):
        d.begin(key, kind)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    d.add(0, " \n")
    assert d.blocks(cut=False) == ()


def test_thinking_without_text_is_kept_for_what_its_provider_wants_back() -> None:
    d = builder()
    d.begin(0, "thinking")
    d.keep(0, "signature", "s")
    d.begin(1, "thinking")
    d.keep(1, "signature", "")
    assert d.blocks(cut=False) == (Thinking(text="", provider_data=kept(signature="s")),)


def test_fragments_of_a_block_that_never_began_are_dropped() -> None:
    d = builder()
    d.add(7, "x")
    d.keep(7, "signature", "x")
    assert d.blocks(cut=False) == ()


def test_a_missing_or_repeated_id_is_made_up() -> None:
    ids = iter(["new-1", "new-2"])
    d = BlockBuilder("anthropic", lambda: next(ids))
    for key, id in ((0, "a"), (1, "a"), (2, "")):
        d.begin(key, "call")
        d.name_call(key, id=id, name="T")
        d.add(key, f'{{"n": {key}}}')
    assert [block.id for block in d.blocks(cut=False) if isinstance(block, ToolUse)] == [
        "a",
        "new-1",
        "new-2",
    ]


def test_a_call_is_announced_once_and_when_its_name_is_known() -> None:
    d = builder()
    d.begin(0, "call")
    assert d.name_call(0, id="a", name="") is None
    assert d.name_call(0, id="", name="T") == ("a", "T")
    assert d.name_call(0, id="b", name="T") is None


def test_of_a_name_or_an_id_of_megabytes_the_beginning_counts() -> None:
    blocks = builder()
    blocks.begin(0, "call")
    assert blocks.name_call(0, id="i" * 1_000_000, name="N" * 1_000_000) == ("i" * LONGEST, "N" * LONGEST)


def test_only_the_last_block_of_a_cut_answer_counts_as_cut() -> None:
    d = builder()
    for key in (0, 1):
        d.begin(key, "call")
        d.name_call(key, id=str(key), name="T")
    first, second = d.blocks(cut=True)
    assert isinstance(first, ToolUse)
    assert isinstance(second, ToolUse)
    assert first.unreadable is None
    assert second.unreadable is not None


def test_input_may_come_as_an_object() -> None:
    d = builder()
    d.begin(0, "call")
    d.name_call(0, id="a", name="T")
    d.set_input(0, {"x": {"y": []}})
    assert d.blocks(cut=False) == (ToolUse(id="a", name="T", input={"x": {"y": []}}),)


def test_a_call_that_was_sent_twice_is_one() -> None:
    d = builder()
    for key, text in enumerate(('{"x": 1}', '{"x":1}', '{"x": 2}')):
        d.begin(key, "call")
        d.name_call(key, id="a", name="T")
        d.add(key, text)
    called = d.has_calls
    assert called
    assert [(block.id, block.input) for block in d.blocks(cut=False) if isinstance(block, ToolUse)] == [
        ("a", {"x": 1}),
        ("made-up", {"x": 2}),
    ]


def test_the_last_value_attached_to_a_block_counts() -> None:
    d = builder()
    d.begin(0, "thinking")
    for value in ([1], [1, 2], []):
        d.attach(0, "details", value)
    d.attach(7, "details", [3])
    assert d.blocks(cut=False) == (
        Thinking(text="", provider_data=ProviderData(origin="anthropic", data={"details": [1, 2]})),
    )


def test_what_a_block_said_so_far_can_be_asked() -> None:
    d = builder()
    d.begin(0, "text")
    d.add(0, "Hel")
    d.add(0, "lo")
    assert (d.said(0), d.said(7)) == ("Hello", "")
    assert not d.has_calls
