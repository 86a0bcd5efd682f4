"""Sentences out of labels: what one would say about a photo of which only the label is known.

They teach the captioner the many kinds of photos about which nobody wrote sentences: receipts, sketches,
screenshots, clothes, animals, scenes. Plain words and rules; must not know files, vectors or torch.
"""

from __future__ import annotations

import random

import words

_SCENES: dict[str, tuple[str, ...]] = {
    "street": ("a street in a city", "a city street with buildings and people"),
    "sea": ("a view of the sea", "waves on the sea", "the ocean under a wide sky"),
    "mountain": ("a mountain landscape", "a view of mountains"),
    "buildings": ("tall buildings in a city", "a large building"),
    "forest": ("a forest", "trees in a forest"),
    "glacier": ("a glacier with snow and ice", "snowy mountains and ice"),
    "insidecity": ("a city street with houses", "buildings in a city"),
    "tallbuilding": ("a tall building", "a skyscraper in a city"),
    "opencountry": ("open country under a wide sky", "a wide landscape"),
    "coast": ("a coast by the sea",),
    "highway": ("a highway", "a wide road"),
    "suburb": ("a house in a suburb",),
    "industrial": ("an industrial building",),
    "store": ("the inside of a store",),
    "office": ("an office with desks",),
    "bedroom": ("a bedroom with a bed",),
    "kitchen": ("a kitchen",),
    "livingroom": ("a living room with furniture",),
    "living room": ("a living room with furniture",),
    "sunset": ("a sunset", "the sky at sunset"),
    "sunrise": ("a sunrise", "the sky at sunrise"),
    "cloudy sky": ("clouds in the sky", "a cloudy sky"),
    "sunny day": ("a landscape on a sunny day", "a sunny day outdoors"),
    "rainy weather": ("a rainy day", "rain in a street"),
    "outdoor view at night": ("a view at night", "lights in the dark"),
    "outdoor view in daytime": ("a view outdoors on a clear day",),
    "screenshot of a computer program": ("a screenshot of a computer program", "a screenshot"),
    "receipt": ("a receipt", "a scanned receipt with printed text", "a piece of paper with printed text"),
    "movie poster": ("a movie poster", "a poster of a movie"),
    "meme": ("a picture with words on it", "a meme with text"),
    "meme template": ("a meme picture",),
    "city street seen from a car": ("a street seen from a car", "cars on a city street"),
    "old black and white photograph": (
        "an old black and white photograph",
        "an old photograph of people in black and white",
    ),
    "face of a person": ("a close up of a face", "a portrait of a person", "a person looks at the camera"),
    "people": ("a group of people",),
    "person": ("a person",),
    "room interior": ("the inside of a room",),
    "pedestrians in a city": ("people walking in a city",),
    "city street": ("a street in a city",),
}
_SPORTS: dict[str, str] = {
    "swimming": "a swimmer in a pool",
    "gymnastics": "a gymnast during gymnastics",
    "boxing match": "two men boxing in a ring",
    "tennis match": "a tennis player playing tennis",
    "football match": "men playing soccer on a field",
    "baseball game": "baseball players on a baseball field",
    "basketball game": "men playing basketball",
    "ice hockey game": "hockey players on the ice",
    "motorcycle racing": "motorcycle racers on a track",
    "formula 1 racing car": "a race car on a track",
    "table tennis": "people playing table tennis",
    "badminton game": "a badminton player on a court",
    "cricket match": "men playing cricket on a field",
    "fencing sport": "two people fencing",
}
_MASS = frozenset(
    """
    fruit food grass snow water rain ice coral bread milk juice yoghurt cheese clothing furniture ginger
    garlic cabbage outwear art graffiti gymnastics swimming bowling volleyball wrestling fencing boxing
    weightlifting
    """.split()  # noqa: SIM905 - reads better
)
_PAIRS = frozenset(
    "shoes jeans pants trousers shorts sandals heels flats flip-flops socks tights leggings".split()  # noqa: SIM905
)
_VAGUE = frozenset(
    ["animal", "artifact", "organism", "whole", "object", "sports", "photo", "cartoon", "painting", "sketch"]
)
_GARMENTS = frozenset(["clothing", "fashion"])


def with_article(phrase: str) -> str:
    """The phrase with "a" or "an" where English wants one; judged by its last word's look."""
    said = phrase.split()
    head = phrase.split(" of ")[0].split()[-1]
    plural = head.endswith("s") and not head.endswith(("ss", "us", "is"))
    if said[0] in ("a", "an", "the", "two") or head in _MASS or plural:
        return phrase
    vowel = said[0][0] in "aeiou" and not said[0].startswith(("uni", "us", "uk", "eu", "one"))
    return f"{'an' if vowel else 'a'} {phrase}"


def _mended(phrase: str) -> str:
    """ "sketch of a elephant" with the article that it should have."""
    before, joint, after = phrase.partition(" of a ")
    return f"{before} of {with_article(after)}" if joint else phrase


def _garment(label: str) -> str:
    said = label.replace("tshirt", "t-shirt").split()
    last = said[-1]
    if last in _PAIRS:
        return f"a pair of {' '.join(said)}"
    cut = 2 if last.endswith(("sses", "ches", "shes")) else 1
    single = last[:-cut] if last.endswith("s") and not last.endswith("ss") else last
    return with_article(" ".join([*said[:-1], single]))


def _several(labels: list[str]) -> str:
    """ "a person with a skateboard" out of a list of things."""
    first, *others = [with_article(label) for label in labels[:3]]
    return f"{first} with {' and '.join(others)}" if others else first


def sentence_from_labels(source: str, labels: tuple[str, ...], draw: random.Random) -> str:
    """One lower-case sentence without a full stop about a photo that has these labels.

    Args:
        source: where the photo comes from (``labels.tsv``); it says how the labels are meant.
        labels: at least one, most specific first.
        draw: picks among several ways of saying it.
    """
    label = labels[0].lower()
    if source.startswith("sroie"):
        return draw.choice(_SCENES["receipt"])
    if source == "scene15" and label in _SCENES:
        spoken = draw.choice(_SCENES[label])
        return draw.choice([spoken, f"a black and white photo of {spoken}"])
    if label in _SCENES:
        return draw.choice(_SCENES[label])
    if source == "sports22":
        return _SPORTS.get(label) or with_article(label)
    if source in _GARMENTS:
        return _garment(label)
    if source == "coco128x2":
        return _several([one.lower() for one in labels])
    if source == "pets":
        kind = "cat" if label in words.CAT_BREEDS else "dog"
        return draw.choice(
            [f"a {kind} looks at the camera", with_article(f"{label} {kind}"), f"a close up of a {kind}"]
        )
    if source == "pacs":
        return with_article(_mended(label))
    kinds = [one.lower() for one in labels[1:] if one.lower() not in _VAGUE]
    if source == "grocery-store":
        return f"{label} in a supermarket" if not label.startswith("carton") else with_article(label)
    if (
        source == "tiny-imagenet"
        and kinds
        and draw.random() < 0.35
        and kinds[0] in ("dog", "bird", "insect", "fish")
    ):
        return with_article(kinds[0])
    spoken = with_article(_mended(label))
    return draw.choice([spoken, spoken, f"a close up of {spoken}"])
