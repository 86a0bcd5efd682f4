"""Which words describe a training picture, and which phrases the text tower should know.

Plain word lists and rules about the sources' labels; must not know vectors, files or torch.
"""

from __future__ import annotations

import re

TEMPLATES = (
    "{}",
    "a photo of a {}.",
    "a photo of {}.",
    "a picture of a {}.",
    "a close-up photo of a {}.",
    "a photo of the {}.",
    "a blurry photo of a {}.",
    "a photo of a large {}.",
    "a photo of a small {}.",
    "a photo of many {}.",
    "a photo of my {}.",
    "a black and white photo of a {}.",
    "a photo of a {} outdoors.",
    "a photo of a {} indoors.",
    "a photo of a {} at night.",
    "a painting of a {}.",
    "a drawing of a {}.",
    "a sketch of a {}.",
    "a screenshot of a {}.",
    "an image of {}.",
    "{} in the picture",
    "my {}",
    "there is a {} here",
)

CAT_BREEDS = frozenset(
    ["abyssinian", "bengal", "birman", "bombay", "persian", "ragdoll", "siamese", "sphynx"]
) | {
    "british shorthair",
    "egyptian mau",
    "maine coon",
    "russian blue",
}

# more general or equal words that a label implies
IMPLIED: dict[str, tuple[str, ...]] = {
    "sea": ("ocean", "seascape"),
    "coast": ("sea", "coastline"),
    "forest": ("trees", "nature"),
    "mountain": ("mountains", "nature"),
    "glacier": ("snow and ice", "icy mountains"),
    "street": ("city street", "city"),
    "insidecity": ("city", "buildings"),
    "tallbuilding": ("skyscraper", "buildings"),
    "opencountry": ("countryside", "landscape"),
    "buildings": ("building", "architecture"),
    "livingroom": ("living room", "room interior"),
    "bedroom": ("room interior",),
    "kitchen": ("room interior",),
    "office": ("room interior",),
    "highway": ("road",),
    "sunset": ("sky",),
    "cloudy sky": ("sky",),
    "face of a person": ("people", "person"),
    "person": ("people",),
    "photo of a person": ("people",),
    "portrait": ("people",),
    "sketch": ("drawing", "line drawing"),
    "cartoon": ("drawing", "illustration"),
    "painting": ("artwork",),
    "meme template": ("meme",),
    "receipt": ("paper document",),
    "screenshot": ("computer screen",),
    "fruit in a supermarket": ("food",),
    "vegetables in a supermarket": ("food",),
    "groceries in a supermarket": ("food",),
    "fruit": ("food",),
    "dessert": ("food",),
    "dog": ("animal",),
    "cat": ("animal",),
    "bird": ("animal",),
    "insect": ("animal",),
    "wild animal": ("animal",),
    "sea animal": ("animal",),
    "sports": ("people doing sports",),
    "car": ("vehicle",),
    "motorbike": ("vehicle",),
    "airplane": ("vehicle",),
}

IMPLIED_BY_SOURCE: dict[str, tuple[str, ...]] = {
    "clothing": ("clothes", "a piece of clothing"),
    "fashion": ("product photo",),
    "popular-animals": ("animal",),
    "sroie": ("text on paper",),
    "camvid-streets": ("street", "cars"),
}

# words of a sentence that name what is to be seen, and the label they stand for
SENTENCE_LABELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"m[ae]n|guys?|gentlem[ae]n", ("man", "people")),
    (r"wom[ae]n|lad(?:y|ies)", ("woman", "people")),
    (r"boys?", ("boy", "children", "people")),
    (r"girls?", ("girl", "people")),
    (r"child(?:ren)?|kids?|toddlers?|bab(?:y|ies)", ("children", "people")),
    (r"people|crowd|group|couple|family|persons?|players?|team", ("people",)),
    (r"dogs?|pupp(?:y|ies)", ("dog", "animal")),
    (r"cats?|kittens?", ("cat", "animal")),
    (r"horses?", ("horse", "animal")),
    (r"beach|sand", ("beach",)),
    (r"ocean|sea|waves?|surf(?:er|ing|board)?", ("sea",)),
    (r"water|lake|river|pool", ("water",)),
    (r"snow|ski(?:er|ing|s)?|snowboard(?:er|ing)?", ("snow",)),
    (r"grass|field|lawn|meadow", ("grass field",)),
    (r"mountains?|cliff|rocks?|climb(?:er|ing|s)?", ("mountain",)),
    (r"street|sidewalk|road", ("street",)),
    (r"city|buildings?", ("city",)),
    (r"bicycles?|bikes?|biker|cyclist", ("bicycle",)),
    (r"motorcycles?|motorbikes?", ("motorcycle",)),
    (r"cars?|trucks?|bus", ("vehicle",)),
    (r"ball|soccer|football|basketball|baseball|tennis|hockey|volleyball", ("sports",)),
    (r"guitar|band|music|singer|singing|concert|stage", ("music performance",)),
    (r"trees?|forest|woods", ("trees",)),
    (r"food|eat(?:ing|s)?|meal|restaurant|kitchen|cook(?:ing|s)?", ("food",)),
    (r"play(?:ing|s)?", ("playing",)),
    (r"swim(?:ming|s|mer)?", ("swimming",)),
    (r"danc(?:e|ing|er|ers)", ("dancing",)),
)

# phrases of a person's own albums that no source of labels holds
EVERYDAY = """
birthday cake; birthday party; wedding; bride and groom; wedding dress; party; christmas tree; new
year fireworks; fireworks; concert; graduation; holiday; vacation at the beach; picnic; barbecue;
camping; tent; hiking trail; campfire; dinner table; plate of food; breakfast; lunch; pizza; pasta;
noodles; soup; salad; sushi; steak; hamburger; sandwich; bread; cake; ice cream; coffee; cup of tea;
wine glass; beer; cocktail; fruit bowl; vegetables; cheese; fried rice; curry; dessert; living room;
bedroom; kitchen; bathroom; garden; balcony; sofa; chair; table; bed; lamp; desk; bookshelf; window;
door; stairs; house; apartment building; skyscraper; church; temple; castle; bridge; tower;
monument; museum; statue; city skyline; city at night; night sky; stars; milky way; moon; sunset;
sunrise; clouds; rainbow; storm; lightning; rain; snow; fog; beach; sea; waves; lake; river;
waterfall; mountain; hill; desert; forest; tree; flower; rose; sunflower; leaf; grass; field; farm;
park; playground; swimming pool; underwater; coral reef; fish; aquarium; cat; kitten; dog; puppy; my
dog on the beach; horse; cow; sheep; goat; pig; chicken; duck; rabbit; hamster; bird; parrot;
butterfly; bee; spider; snake; turtle; elephant; lion; tiger; bear; monkey; giraffe; zebra; whale;
dolphin; dinosaur; people; person; man; woman; child; baby; family; friends; couple; crowd; selfie;
portrait; group photo; face; smiling face; hands; old photo; family portrait; sleeping baby; running
child; car; bus; truck; train; bicycle; motorcycle; airplane; helicopter; boat; ship; subway;
airport; train station; traffic; road; street; parking lot; shop; market; supermarket; restaurant;
cafe; bar; hotel room; office; classroom; school; hospital; whiteboard; blackboard; handwriting;
notes; book; newspaper; magazine; letter; document; receipt; invoice; ticket; business card;
passport; identity card; map; menu; sign; poster; screenshot; chat message; computer screen; phone
screen; website; source code; spreadsheet; chart; diagram; qr code; barcode; logo; meme; cartoon;
comic; anime; drawing; sketch; painting; graffiti; sculpture; toy; doll; teddy bear; lego; board
game; video game; chess; cards; musical instrument; piano; guitar; violin; drums; microphone;
camera; phone; laptop; keyboard; television; headphones; watch; glasses; jewellery; ring; shoes;
boots; sneakers; hat; dress; shirt; t-shirt; trousers; jacket; coat; bag; backpack; umbrella;
clothes; football match; basketball game; tennis; running; cycling; skiing; snowboarding; surfing;
swimming; climbing; yoga; gym; skateboard; golf; stadium; medal; trophy; gift; balloon; candle;
halloween pumpkin; easter eggs; santa claus; parade; blurry photo; dark photo; overexposed photo;
sharp photo; black screen; empty room; close-up; texture; pattern; abstract
"""

_ANIMAL_KINDS = frozenset(
    ("vertebrate", "invertebrate", "mammal", "bird", "reptile", "arthropod", "insect", "fish")
)
_KINDS = """
dog; cat; bird; fish; insect; spider; snake; lizard; turtle; monkey; bear; fox; wolf; food; fruit;
vegetable; clothing; furniture; building; vehicle; car; truck; boat; ship; airplane; instrument;
plant; flower; mushroom; ball; tool; container; computer; toy; footwear; bag; bottle; weapon;
musical instrument; kitchen utensil; electronic equipment; home appliance
"""
_EVERYDAY_KINDS = frozenset(kind.strip() for kind in _KINDS.replace("\n", " ").split(";"))


def everyday_phrases() -> list[str]:
    """The phrases of EVERYDAY, in order."""
    return [phrase.strip() for phrase in EVERYDAY.replace("\n", " ").split(";") if phrase.strip()]


def is_sentence(text: str) -> bool:
    """Whether a label is a sentence, to be taken as it is and not put into a template."""
    return len(text.split()) > 6 or text.endswith(".")


def tidy(sentence: str) -> str:
    """A sentence as a person would type it: no space before the full stop, no stray spaces."""
    return re.sub(r"\s+([.,!?'])", r"\1", " ".join(sentence.split())).strip()


def labels_of(source: str, texts: tuple[str, ...], kinds: dict[str, tuple[str, ...]]) -> list[str]:
    """All words for one picture, the given ones first, without repeats.

    kinds: for a thing's name, the kinds it belongs to (texts/things.tsv), nearest first.
    """
    words = [tidy(text) for text in texts]
    found: list[str] = list(words)
    found += IMPLIED_BY_SOURCE.get(source, ())
    if source == "pets":
        found += ["cat" if words[0] in CAT_BREEDS else "dog", "pet"]
    if source in ("flickr",):
        found += _named_in(" ".join(words).lower())
    for word in list(found):
        chain = kinds.get(word, ())
        found += [kind for kind in chain if kind in _EVERYDAY_KINDS]
        if _ANIMAL_KINDS.intersection(chain):
            found.append("animal")
    for word in list(found):
        found += IMPLIED.get(word, ())
    return list(dict.fromkeys(found))


def _named_in(text: str) -> list[str]:
    return [
        label
        for pattern, labels in SENTENCE_LABELS
        if re.search(rf"\b(?:{pattern})\b", text)
        for label in labels
    ]
