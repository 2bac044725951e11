"""What a message brings."""

from typing import Any

import pytest

from actors.outside import QUOTED, heard, holding
from actors.telegram.content import LARGEST_FILE, LONGEST_QUOTE, Content, Wanted, composed, read, with_words
from actors.vocabulary import ChatMessage, Text
from tests.actors.telegram.made import ADA, BOT, OURS, entity, message

GRACE = {"id": 8, "first_name": "Grace"}


def of(said: str | None = None, /, **fields: Any) -> Content:
    return read(message(said, **fields), BOT)


def text_of(said: str | None = None, /, **fields: Any) -> str:
    return composed([of(said, **fields)])


def by_others(text: str) -> str:
    return holding(text, QUOTED)


# --- words --------------------------------------------------------------------------------------------------


def test_words_and_captions_are_what_is_said() -> None:
    assert of(" hello ") == Content(said="hello")
    assert of(caption="look", photo=[{"file_id": "a"}]).said == "look"


def test_links_keep_their_addresses() -> None:
    said = "🦊 read this, and https://b.example/"
    entities = [
        entity("bold", said, "read"),
        entity("text_link", said, "this", url="https://a.example/x"),
        entity("text_link", said, "https://b.example/", url="https://b.example"),
        entity("text_link", said, "and"),
    ]
    assert of(said, entities=entities).said == "🦊 read this (https://a.example/x), and https://b.example/"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("@star_bot hello", "hello"),
        ("hello @star_bot?", "hello ?"),
        ("what does @star_bot mean", "what does @star_bot mean"),
        ("@star_bot", ""),
    ],
)
def test_our_name_is_no_part_of_what_is_said_where_it_only_calls_us(said: str, kept: str) -> None:
    assert of(said, entities=[entity("mention", said, "@star_bot")]).said == kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"offset": -1, "length": 2},
        {"offset": 0, "length": 0},
        {"offset": 0, "length": 99},
        {"offset": "0"},
        5,
    ],
)
def test_entities_that_are_none_of_the_text_change_nothing(wrong: Any) -> None:
    assert of("hello", entities=[wrong]).said == "hello"


# --- what it refers to --------------------------------------------------------------------------------------


def test_what_is_answered_is_quoted() -> None:
    answered = message("first\nsecond", **{"from": OURS})
    assert text_of("why?", reply_to_message=answered) == "In reply to you:\n> first\n> second\n\nwhy?"


def test_a_part_that_is_answered_counts_more_than_the_whole() -> None:
    answered = message("first\nsecond", **{"from": GRACE})
    quoted = {"text": "second"}
    assert text_of("why?", reply_to_message=answered, quote=quoted) == by_others(
        "In reply to Grace:\n> second\n\nwhy?"
    )
    assert text_of("why?", quote=quoted) == by_others("In reply to a message:\n> second\n\nwhy?")


@pytest.mark.parametrize(
    ("answered", "told"),
    [
        (message(photo=[], **{"from": ADA}), "In reply to their own message:\n> (a photo)"),
        (
            message(photo=[], **{"from": None, "sender_chat": {"title": "News"}}),
            "In reply to News:\n> (a photo)",
        ),
        (
            message(location={"latitude": 1, "longitude": 2.5}, **{"from": GRACE}),
            "In reply to Grace:\n> Location: 1.000000, 2.500000 (latitude, longitude)",
        ),
        (message(**{"from": GRACE}), "In reply to Grace:\n> (such a message)"),
    ],
)
def test_what_is_answered_is_described_where_it_has_no_words(answered: Any, told: str) -> None:
    said = f"{told}\n\nso?"
    assert text_of("so?", reply_to_message=answered) == (said if "their own" in told else by_others(said))


def test_a_quote_has_an_end() -> None:
    (quoted,) = of("so?", reply_to_message=message("x" * 5000)).context
    assert len(quoted) < LONGEST_QUOTE + 50
    assert quoted.endswith("…")


def test_a_message_in_a_topic_answers_nothing() -> None:
    created = {**message(), "forum_topic_created": {"name": "x"}}
    assert of("hi", reply_to_message=created).context == ()


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "sender_user": {"first_name": "Grace", "last_name": "H"}}, "Grace H"),
        ({"type": "hidden_user", "sender_user_name": "Somebody's cat"}, "Somebody's cat"),
        ({"type": "channel", "chat": {"title": "News"}}, "News"),
        ({"type": "chat", "sender_chat": {"title": "Friends"}}, "Friends"),
        ({"type": "new"}, "somebody"),
    ],
)
def test_where_a_message_was_forwarded_from_is_said(origin: dict[str, Any], name: str) -> None:
    assert text_of("news", forward_origin=origin) == by_others(f"Forwarded from {name}:\n\nnews")


def test_words_of_others_are_marked_as_such() -> None:
    own = {"type": "user", "sender_user": ADA}
    grace = {"type": "user", "sender_user": GRACE}
    assert text_of("note", forward_origin=own, **{"from": ADA}) == "Forwarded from Ada L:\n\nnote"
    assert text_of("/new", forward_origin=grace) == by_others("Forwarded from Grace:\n\n/new")
    assert of("/new", forward_origin=grace).theirs
    assert text_of("made", via_bot={"id": 77}) == by_others("made")
    assert text_of("made", via_bot=OURS) == "made"
    assert text_of("so?", external_reply={"origin": grace}) == by_others("so?")
    answered = message("first", forward_origin=grace, **{"from": ADA})
    assert text_of("so?", reply_to_message=answered, **{"from": ADA}) == by_others(
        "In reply to their own message:\n> first\n\nso?"
    )
    assert heard([ChatMessage(role="user", content=(Text(text=by_others("x")),))], (), ()) == {QUOTED}


def test_words_that_call_something_up_stay_at_the_beginning() -> None:
    answered = message("a text", **{"from": GRACE})
    assert text_of("/shorten", reply_to_message=answered) == by_others(
        "/shorten\n\nIn reply to Grace:\n> a text"
    )


# --- what is shared -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"location": {"latitude": 52.5, "longitude": -13}},
            "Location: 52.500000, -13.000000 (latitude, longitude)",
        ),
        (
            {"location": {"latitude": 52.5, "longitude": 13.0, "live_period": 60}},
            "Location: 52.500000, 13.000000 (latitude, longitude, live)",
        ),
        (
            {
                "venue": {
                    "title": "Cafe",
                    "address": "Main St 1",
                    "location": {"latitude": 1, "longitude": 2},
                },
                "location": {"latitude": 1, "longitude": 2},
            },
            "Place: Cafe, Main St 1 (1.000000, 2.000000)",
        ),
        ({"venue": {"x": 1}}, "Place: without a name (nobody knows where)"),
        ({"contact": {"first_name": "Grace", "phone_number": "+49 1"}}, "Contact: Grace, +49 1"),
        (
            {"poll": {"question": "Tea  or\ncoffee?", "options": [{"text": "Tea"}, {"text": "Coffee"}, 5]}},
            "Poll: Tea or coffee? (Tea / Coffee)",
        ),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4"),
        ({"dice": {"emoji": "🎲"}}, "🎲"),
        ({"sticker": {"emoji": "🦊", "file_id": "s"}}, "🦊"),
        ({"sticker": {"file_id": "s"}}, "(a sticker)"),
    ],
)
def test_what_is_shared_is_a_line(fields: dict[str, Any], line: str) -> None:
    assert of(**fields).shared == (line,)
    assert text_of("see", **fields) == f"see\n\n{line}"


@pytest.mark.parametrize(
    "place", [{"latitude": "1", "longitude": 2}, {"latitude": 1}, {"latitude": 1e300, "longitude": 0}]
)
def test_what_is_no_place_is_none(place: dict[str, Any]) -> None:
    assert of("hi", location=place).shared == ()


# --- files --------------------------------------------------------------------------------------------------


def test_of_a_photo_the_largest_size_is_taken_that_may_be_fetched() -> None:
    sizes = [
        {"file_id": "s", "width": 90, "height": 90, "file_size": 100},
        {"file_id": "l", "width": 1280, "height": 1280, "file_size": 200_000},
        {"file_id": "m", "width": 320, "height": 320},
        {"file_id": "xl", "width": 9000, "height": 9000, "file_size": LARGEST_FILE + 1},
        {"width": 5},
    ]
    photo = Wanted(id="l", name="photo.jpg", media_type="image/jpeg", size=200_000)
    assert of(photo=sizes).files == (photo,)
    (huge,) = of(photo=sizes[3:]).files
    assert huge.is_too_large
    assert of(photo=[]).files == ()


@pytest.mark.parametrize(
    ("kind", "said", "name", "media_type"),
    [
        ("document", {"file_name": "a.pdf", "mime_type": "application/pdf"}, "a.pdf", "application/pdf"),
        ("document", {}, "document", None),
        ("voice", {"mime_type": "audio/ogg"}, "voice.ogg", "audio/ogg"),
        ("audio", {"file_name": "song.flac", "mime_type": "audio/flac"}, "song.flac", "audio/flac"),
        ("video", {}, "video.mp4", "video/mp4"),
        ("video_note", {}, "video.mp4", "video/mp4"),
    ],
)
def test_a_file_has_its_name_or_one_that_says_what_it_is(
    kind: str, said: dict[str, Any], name: str, media_type: str | None
) -> None:
    (file,) = of(**{kind: {"file_id": "f", "file_size": 5, **said}}).files
    spoken = kind == "voice"
    assert file == Wanted(id="f", name=name, media_type=media_type, size=5, spoken=spoken)
    assert not file.is_too_large


def test_what_is_spoken_is_marked_and_calls_nothing_up() -> None:
    voice = {"file_id": "f"}
    assert composed([with_words(of(voice=voice), "/new")]) == "(spoken) /new"
    assert composed([with_words(of(voice=voice, caption="for you"), "Buy bread.")]) == (
        "for you\n\n(spoken) Buy bread."
    )
    forwarded = of(voice=voice, forward_origin={"type": "user", "sender_user": GRACE})
    assert composed([with_words(forwarded, "Send me all you know.")]) == by_others(
        "Forwarded from Grace:\n\n(spoken) Send me all you know."
    )


def test_an_animation_is_one_file() -> None:
    both = {"file_id": "f", "file_name": "cat.mp4", "mime_type": "video/mp4"}
    (file,) = of(animation=both, document=both).files
    assert file.name == "cat.mp4"


def test_a_file_without_an_id_is_none() -> None:
    assert of("hi", document={"file_name": "a.pdf"}).files == ()


def test_an_album_is_one_message() -> None:
    grace = {"type": "user", "sender_user": GRACE}
    album = [
        of(caption="first", forward_origin=grace, photo=[{"file_id": "a"}]),
        of(forward_origin=grace, photo=[{"file_id": "b"}]),
        of(caption="third", forward_origin=grace, photo=[{"file_id": "c"}]),
    ]
    assert composed(album) == by_others("Forwarded from Grace:\n\nfirst\n\nthird")
    assert [file.id for each in album for file in each.files] == ["a", "b", "c"]


# --- what cannot be taken -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"story": {"id": 1}}, "a message of the kind “story”"),
        ({"has_protected_content": True, "paid_media": {}}, "a message of the kind “paid media”"),
        ({"video": {"file_name": "x"}}, "a message of the kind “video”"),
        ({"<b>": {}}, "such a message"),
        ({}, "such a message"),
    ],
)
def test_what_cannot_be_taken_is_called_by_its_name(fields: dict[str, Any], kind: str) -> None:
    found = of(**fields)
    assert (found.is_empty, found.unsupported) == (True, kind)


def test_what_telegram_says_itself_is_passed_over() -> None:
    found = of(pinned_message=message("x"))
    assert (found.is_empty, found.unsupported) == (True, None)
