"""The tables of the catalogue, as numbered steps. A step that was released is never edited.

Conventions: paths are ``os.fsencode`` bytes, hashes are 32 raw bytes, times are ISO 8601 UTC text,
unsigned 64-bit hashes are stored as signed integers, vectors are little-endian fp16.
Decisions of the person hang on content hashes and on no photo, so that they outlive every row.
What each table is for stands beside it; how steps are applied stands in ``migrations``.
"""

from __future__ import annotations

APPLICATION_ID = 0x50484F54  # "PHOT": tells our files from other SQLite files

PRESENT, MISSING, TRASHED = 0, 1, 2  # photos.state

_FILES = (
    # The folders that the person added.
    """CREATE TABLE roots (
        id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE,
        watched INTEGER NOT NULL DEFAULT 1, protected INTEGER NOT NULL DEFAULT 0, added_at TEXT NOT NULL)""",
    # Every folder that holds or held a photo: the folder tree and its counts without reading paths.
    """CREATE TABLE folders (
        id INTEGER PRIMARY KEY, root_id INTEGER NOT NULL REFERENCES roots(id) ON DELETE CASCADE,
        path BLOB NOT NULL UNIQUE)""",
    "CREATE INDEX folders_root ON folders(root_id)",
    # One row a file. sort_time: taken, else mtime; local seconds. Ids are never used twice.
    """CREATE TABLE photos (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        root_id INTEGER NOT NULL REFERENCES roots(id) ON DELETE CASCADE,
        folder_id INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
        path BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        content_hash BLOB NOT NULL CHECK (length(content_hash) = 32), pixel_hash BLOB,
        format TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        taken_at TEXT, taken REAL, sort_time REAL NOT NULL,
        camera TEXT, lens TEXT, iso INTEGER, exposure_s REAL, aperture REAL, focal_mm REAL,
        latitude REAL, longitude REAL, altitude_m REAL, orientation INTEGER NOT NULL DEFAULT 1,
        rating INTEGER, title TEXT,
        state INTEGER NOT NULL DEFAULT 0, missing_since TEXT, first_seen TEXT NOT NULL)""",
    # A missing or trashed photo gives its path free: another file may come to stand there.
    "CREATE UNIQUE INDEX photos_at_path ON photos(path) WHERE state = 0",
    "CREATE INDEX photos_path ON photos(path)",
    "CREATE INDEX photos_order ON photos(state, sort_time DESC, id DESC)",
    "CREATE INDEX photos_content ON photos(content_hash)",
    "CREATE INDEX photos_folder ON photos(folder_id, state)",
    "CREATE INDEX photos_root ON photos(root_id, state)",
    # Files that could not be read, so that they are not tried again until they change.
    """CREATE TABLE unreadable (
        path BLOB PRIMARY KEY, root_id INTEGER NOT NULL REFERENCES roots(id) ON DELETE CASCADE,
        size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, reason TEXT NOT NULL, sentence TEXT NOT NULL,
        content_hash BLOB, seen_at TEXT NOT NULL)""",
    "CREATE INDEX unreadable_root ON unreadable(root_id)",
)

_PIXELS = (
    """CREATE TABLE embeddings (
        id INTEGER PRIMARY KEY, photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        model TEXT NOT NULL, vector BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX embeddings_photo ON embeddings(photo_id, model)",
    """CREATE TABLE measurements (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, version INTEGER NOT NULL,
        sharpness REAL, noise REAL, brightness REAL, contrast REAL, clipped_dark REAL, clipped_bright REAL,
        blockiness REAL, detail REAL, colourfulness REAL, flatness REAL)""",
    """CREATE TABLE fingerprints (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
        phash INTEGER NOT NULL, dhash INTEGER NOT NULL)""",
    # Apart from the hashes, so that reading all hashes does not read 5 KB a photo.
    """CREATE TABLE small_pictures (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
        grey BLOB NOT NULL, chroma BLOB NOT NULL)""",
)

_RESULTS = (
    # How far each kind of result is: stale while done < wanted. model: what the stored results came from.
    """CREATE TABLE generations (
        kind TEXT PRIMARY KEY, wanted INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
        model TEXT NOT NULL DEFAULT '')""",
    """CREATE TABLE categories (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, model TEXT NOT NULL,
        category TEXT NOT NULL, score REAL NOT NULL, ranked TEXT NOT NULL, doubtful INTEGER NOT NULL,
        by_user INTEGER NOT NULL)""",
    """CREATE TABLE stacks (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, tier TEXT NOT NULL, why TEXT NOT NULL)""",
    # position 0 is the photo to keep.
    """CREATE TABLE stack_members (
        stack_id INTEGER NOT NULL REFERENCES stacks(id) ON DELETE CASCADE,
        photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        position INTEGER NOT NULL, lacks TEXT, PRIMARY KEY (stack_id, position))""",
    "CREATE INDEX stack_members_photo ON stack_members(photo_id)",
    # Scores of every photo (bars, sliders); flags are those that passed the threshold, with words.
    """CREATE TABLE quality (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
        blurred REAL, noisy REAL, underexposed REAL, overexposed REAL, pixelated REAL, compressed REAL)""",
    """CREATE TABLE flags (
        photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE, reason TEXT NOT NULL,
        score REAL NOT NULL, why TEXT NOT NULL, PRIMARY KEY (photo_id, reason))""",
    """CREATE TABLE picks (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, position INTEGER NOT NULL,
        category TEXT NOT NULL, score REAL NOT NULL, why TEXT NOT NULL)""",
    """CREATE TABLE captions (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
        text TEXT NOT NULL, source TEXT NOT NULL)""",
)

_DECISIONS = (
    "CREATE TABLE category_moves (content_hash BLOB PRIMARY KEY, category TEXT NOT NULL, at TEXT NOT NULL)",
    "CREATE TABLE user_captions (content_hash BLOB PRIMARY KEY, text TEXT NOT NULL, at TEXT NOT NULL)",
    """CREATE TABLE dismissed_flags (
        content_hash BLOB NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (content_hash, reason))""",
    "CREATE TABLE choices (content_hash BLOB PRIMARY KEY, choice INTEGER NOT NULL, at TEXT NOT NULL)",
    # first <= second; equal where two files with the same bytes are meant.
    """CREATE TABLE not_duplicates (
        first BLOB NOT NULL, second BLOB NOT NULL, at TEXT NOT NULL, PRIMARY KEY (first, second))""",
    # members: the sorted content hashes of a stack, 32 bytes each, repeated for files with the same bytes.
    "CREATE TABLE keep_both (members BLOB PRIMARY KEY, at TEXT NOT NULL)",
)

_JOURNAL = (
    # What was done, in order; kind "trash" or "decision". changes: the rows before and after, JSON.
    """CREATE TABLE actions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, why TEXT NOT NULL,
        state TEXT NOT NULL, changes TEXT NOT NULL DEFAULT '')""",
    "CREATE INDEX actions_state ON actions(state, id)",
    # One row a file of a trash action; companions point at the item of their photo. survivors: JSON ids.
    """CREATE TABLE trash_items (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
        companion_of INTEGER REFERENCES trash_items(id) ON DELETE CASCADE,
        photo_id INTEGER, original BLOB NOT NULL, trashed BLOB NOT NULL,
        size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, content_hash BLOB NOT NULL,
        state TEXT NOT NULL, survivors TEXT NOT NULL DEFAULT '[]', at TEXT NOT NULL)""",
    "CREATE INDEX trash_items_action ON trash_items(action_id)",
    "CREATE INDEX trash_items_state ON trash_items(state)",
    "CREATE INDEX trash_items_photo ON trash_items(photo_id)",
    "CREATE INDEX trash_items_companion ON trash_items(companion_of)",
)

_WORDS = (
    # Text as prepared by ``catalog.words``; rowid is the photo's id.
    """CREATE VIRTUAL TABLE photo_words USING fts5(
        name, folder, camera, tokenize='unicode61 remove_diacritics 2')""",
    "CREATE VIRTUAL TABLE caption_words USING fts5(text, tokenize='unicode61 remove_diacritics 2')",
    # Small facts of the catalogue itself.
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)

STEP_1 = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    *_FILES,
    *_PIXELS,
    *_RESULTS,
    *_DECISIONS,
    *_JOURNAL,
    *_WORDS,
)

# What the person made of the categories. Keys are those of the vocabulary.
STEP_2 = (
    # names, prompts: JSON, empty where the program's own hold. parent: '' where the program's holds,
    # '-' for the top level. own: the person added it.
    """CREATE TABLE category_edits (
        category TEXT PRIMARY KEY, own INTEGER NOT NULL, hidden INTEGER NOT NULL, parent TEXT NOT NULL,
        names TEXT NOT NULL, prompts TEXT NOT NULL, at TEXT NOT NULL)""",
    # Photos that show a category (sign 1) or do not (-1): what a classifier is taught with.
    """CREATE TABLE category_examples (
        content_hash BLOB NOT NULL, category TEXT NOT NULL, sign INTEGER NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (content_hash, category))""",
    # Vectors of examples that are in no folder of the library.
    """CREATE TABLE example_vectors (
        content_hash BLOB NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (content_hash, model))""",
)

# How much of a file is known (``records.Look``); rows from before the first look are known in full.
STEP_3 = (
    "ALTER TABLE photos ADD COLUMN look INTEGER NOT NULL DEFAULT 2",
    "CREATE INDEX photos_look ON photos(id) WHERE look < 2",
)

# Shares of ten named colours, 0..255, for the search; what a small picture showed before it was replaced
# goes with it.
COLOUR_COLUMNS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")
STEP_4 = (
    f"""CREATE TABLE colours (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
        {", ".join(f"{name} INTEGER NOT NULL" for name in COLOUR_COLUMNS)})""",
    """CREATE TRIGGER colours_replaced AFTER INSERT ON small_pictures
        BEGIN DELETE FROM colours WHERE photo_id = new.photo_id; END""",
    """CREATE TRIGGER colours_gone AFTER DELETE ON small_pictures
        BEGIN DELETE FROM colours WHERE photo_id = old.photo_id; END""",
)

# What filters ask of every photo stands in the index that gives their order; positions have one of their own.
STEP_5 = (
    "DROP INDEX photos_order",
    "CREATE INDEX photos_order ON photos(state, sort_time DESC, id DESC, width, height, format)",
    "CREATE INDEX photos_place ON photos(latitude, longitude) WHERE latitude IS NOT NULL",
)

# Sidecars (.xmp): what they said when they were last read, and what this program wrote into them.
STEP_6 = (
    # problem: why it could not be read, "" where it could. keywords: JSON.
    """CREATE TABLE sidecars (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, path BLOB NOT NULL,
        size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, title TEXT, description TEXT,
        keywords TEXT NOT NULL, rating INTEGER, latitude REAL, longitude REAL, problem TEXT NOT NULL)""",
    # before: what stood there, compressed; NULL where there was no file. after: hash of what was written.
    # wanted: the fields that were to be written and those that were to give way, JSON.
    """CREATE TABLE sidecar_writes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE, path BLOB NOT NULL,
        before BLOB, after BLOB NOT NULL, wanted TEXT NOT NULL, at TEXT NOT NULL)""",
    "CREATE INDEX sidecar_writes_action ON sidecar_writes(action_id)",
    "CREATE INDEX sidecar_writes_path ON sidecar_writes(path)",
)

# What else is measured; rows of an older version of the measures are made again.
STEP_7 = tuple(
    f"ALTER TABLE measurements ADD COLUMN {name} REAL"
    for name in ("one_way", "dynamic_range", "colour_cast", "graphic", "peak", "quantisation")
)

# Sentences that models write, and what the sentences are about.
STEP_8 = (
    # Photos that wait for a sentence because the person asked; what they get is undone with the action.
    """CREATE TABLE describing (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE,
        action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE)""",
    "CREATE INDEX describing_action ON describing(action_id)",
    # The captioner that looked at a photo last, whatever became of its sentence.
    """CREATE TABLE described (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, captioner TEXT NOT NULL)""",
    # words: JSON. centres: fp32 rows of unit length, as long as ``width``, by the text tower of ``model``.
    # photos: ids, the most typical first, 64 bits each. name: the person's, '' where the words are the name.
    """CREATE TABLE topics (
        key INTEGER PRIMARY KEY, words TEXT NOT NULL, name TEXT NOT NULL, by_user INTEGER NOT NULL,
        model TEXT NOT NULL, width INTEGER NOT NULL, centres BLOB NOT NULL, reach REAL NOT NULL,
        photos BLOB NOT NULL)""",
    # Vectors of captions, so that a sentence is read once a model. digest: of the sentence.
    """CREATE TABLE caption_vectors (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, model TEXT NOT NULL,
        digest BLOB NOT NULL, vector BLOB NOT NULL)""",
)

# Pairs of photos that are alike, and the photos whose pairs were looked at; gone when the pixels change.
STEP_9 = (
    """CREATE TABLE compared (
        photo_id INTEGER PRIMARY KEY REFERENCES photos(id) ON DELETE CASCADE, hashes BLOB NOT NULL)""",
    """CREATE TABLE alike (
        first INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        second INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        way INTEGER NOT NULL, same REAL NOT NULL, shapes REAL NOT NULL, curve REAL NOT NULL,
        PRIMARY KEY (first, second)) WITHOUT ROWID""",
    "CREATE INDEX alike_second ON alike(second)",
    *(
        f"""CREATE TRIGGER pairs_{when} AFTER {event} ON small_pictures BEGIN
            DELETE FROM compared WHERE photo_id = {row}.photo_id;
            DELETE FROM alike WHERE first = {row}.photo_id OR second = {row}.photo_id; END"""
        for when, event, row in (("replaced", "INSERT", "new"), ("gone", "DELETE", "old"))
    ),
)

# What stood in place of the sentences that the person asked for: a row a photo, so that a wish for all of a
# large library can be undone and each batch costs no more than its photos.
STEP_10 = (
    """CREATE TABLE description_changes (
        action_id INTEGER NOT NULL REFERENCES actions(id) ON DELETE CASCADE,
        photo_id INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
        text_before TEXT, source_before TEXT, text TEXT NOT NULL, source TEXT NOT NULL,
        PRIMARY KEY (action_id, photo_id)) WITHOUT ROWID""",
    "CREATE INDEX description_changes_photo ON description_changes(photo_id)",
)

# What the files show that stacks were decided about: they are known by it when their metadata is edited.
STEP_11 = (
    "CREATE TABLE decided_pixels (content_hash BLOB PRIMARY KEY, pixel_hash BLOB NOT NULL)",
    """INSERT OR IGNORE INTO decided_pixels
        WITH RECURSIVE cut(one, rest) AS (
            SELECT substr(members, 1, 32), substr(members, 33) FROM keep_both
            UNION ALL SELECT substr(rest, 1, 32), substr(rest, 33) FROM cut WHERE length(rest) > 0)
        SELECT content_hash, pixel_hash FROM photos WHERE pixel_hash IS NOT NULL AND content_hash IN (
            SELECT one FROM cut
            UNION SELECT first FROM not_duplicates UNION SELECT second FROM not_duplicates)""",
)

STEPS: tuple[tuple[str, ...], ...] = (
    STEP_1, STEP_2, STEP_3, STEP_4, STEP_5, STEP_6, STEP_7, STEP_8, STEP_9, STEP_10,
    STEP_11,
)  # fmt: skip
"""Step k (counted from 1) leads from version k-1 to version k; each runs in one transaction."""

VERSION = len(STEPS)
