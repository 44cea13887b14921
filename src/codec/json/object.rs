//! Objects: what is JavaScript's about them. A key that comes twice keeps its first place and its last
//! value, whole numbers come first, and a document that looks like a `DBRef` is one. All of it is rare,
//! so members are written as they come and put right at the end of their object, if need be.

use std::{
    collections::{HashMap, hash_map::Entry},
    ops::Range,
};

use super::{
    Dialect, MAX_DEPTH, NotJson, Transcoder,
    text::key,
    value::{is_falsy, kind},
};

/// An object with more members is put right unseen: telling its keys apart one by one costs more.
const MANY: usize = 96;

/// A member of an object that is being written.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Equal for equal keys.
    hash: u64,
    /// Where its key starts in the text, its quotation mark included.
    start: usize,
    /// Where its value starts.
    value: usize,
    /// Where that ends.
    end: usize,
    /// The value's type byte.
    kind: u8,
}

impl Member {
    fn key<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        &out[self.start..self.value - 1]
    }

    fn is_string(&self) -> bool {
        matches!(self.kind, kind::STRING | kind::SYMBOL)
    }
}

/// What an object is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A document, which may be a `DBRef`.
    Document,
    /// The scope of code, which js-bson takes for no `DBRef`.
    Scope,
    /// A `DBRef` in EJSON whose `$id` is falsy: `EJSON` leaves it and all in it to `JSON.stringify`.
    FalsyRef,
}

/// What is known of an object when all of it is written.
#[derive(Default)]
struct Seen {
    /// Which keys there are, a bit for some of their hash's.
    filter: [u64; 4],
    /// The members are not what JavaScript would have, or not known to be.
    irregular: bool,
    /// All keys that start with a dollar are a `DBRef`'s, and there is one.
    reference: Option<bool>,
    /// The last `$id` is falsy.
    falsy_id: bool,
    /// There is a `_bsontype`, which `EJSON` takes for a class's.
    has_type: bool,
    /// Members that `EJSON` would not write, by their index, and why.
    refusals: Vec<(usize, NotJson)>,
}

impl Seen {
    /// Takes note of a key; true if it may be there already.
    fn add(&mut self, key: &[u8], hash: u64) -> bool {
        match key {
            [b'0'..=b'9', ..] => self.irregular |= array_index(key).is_some(),
            [b'$', ..] if self.reference != Some(false) => {
                self.reference = Some(matches!(key, b"$ref" | b"$id" | b"$db"));
            }
            [b'_', ..] => self.has_type |= key == b"_bsontype",
            _ => {}
        }
        let word = &mut self.filter[(hash >> 56 & 3) as usize];
        let bit = 1 << (hash >> 58);
        let known = *word & bit != 0;
        *word |= bit;
        known
    }
}

/// The members of an object in JavaScript's order, as indices into all that were written.
struct Order {
    members: Vec<usize>,
    /// Some were left out or have another place.
    changed: bool,
}

impl Transcoder {
    /// Writes a document, its length included.
    pub(super) fn object(
        &mut self,
        document: &[u8],
        dialect: Dialect,
        role: Role,
        depth: usize,
    ) -> Result<(), NotJson> {
        check_depth(depth)?;
        let mut rest = elements(document)?;
        let (open, first) = (self.out.len(), self.members.len());
        let mut seen = Seen::default();
        self.out.push(b'{');
        while let Some((&kind, after)) = rest.split_first() {
            if self.out.len() > open + 1 {
                self.out.push(b',');
            }
            let (name, class, value) = key(after)?;
            let hash = hash(name);
            if seen.add(name, hash) {
                seen.irregular |= self.members[first..].iter().any(|member| member.hash == hash);
            }
            if name == b"$id" {
                seen.falsy_id = is_falsy(kind, value);
            }
            // What is left out of the text has a place among the keys all the same.
            seen.irregular |= kind == kind::UNDEFINED && dialect == Dialect::Plain;
            let start = self.out.len();
            self.key(name, class, &mut seen);
            let at = self.out.len();
            rest = self.value(kind, value, dialect, depth)?;
            if let Some(refusal) = self.refusal.take() {
                seen.irregular = true;
                seen.refusals.push((self.members.len() - first, refusal));
            }
            self.members.push(Member { hash, start, value: at, end: self.out.len(), kind });
        }
        self.out.push(b'}');
        let finished = self.finish(document, dialect, role, depth, open, first, &mut seen);
        self.members.truncate(first);
        finished
    }

    fn key(&mut self, name: &[u8], class: u8, seen: &mut Seen) {
        if class == 0 {
            self.out.reserve(name.len() + 3);
            self.out.push(b'"');
            self.out.extend_from_slice(name);
            self.out.extend_from_slice(b"\":");
        } else {
            // Keys that are not UTF-8 may become equal.
            seen.irregular |= std::str::from_utf8(name).is_err();
            self.lossy_string(name);
            self.out.push(b':');
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the second half of `object`")]
    fn finish(
        &mut self,
        document: &[u8],
        dialect: Dialect,
        role: Role,
        depth: usize,
        open: usize,
        first: usize,
        seen: &mut Seen,
    ) -> Result<(), NotJson> {
        let extended = dialect != Dialect::Plain;
        let reference = seen.reference == Some(true) && role != Role::Scope;
        if !(seen.irregular || reference || (extended && seen.has_type))
            && self.members.len() - first <= MANY
        {
            return Ok(());
        }
        let order = order(&self.out, &self.members[first..]);
        let members: Vec<_> =
            order.members.iter().map(|&i| self.members[first + i].clone()).collect();
        let is_type = |member: &Member| {
            member.key(&self.out) == b"\"_bsontype\"" && member.kind != kind::UNDEFINED
        };
        let refusal = if extended && members.iter().any(is_type) {
            Some(NotJson("A field _bsontype makes EJSON take a document for a BSON value"))
        } else {
            let kept = |(index, _): &&(usize, NotJson)| order.members.contains(index);
            seen.refusals.iter().find(kept).map(|(_, refusal)| *refusal)
        };
        if reference && let Some(parts) = Reference::of(&self.out, &members) {
            if extended && seen.falsy_id {
                self.out.truncate(open);
                self.members.truncate(first);
                return self.object(document, Dialect::Plain, Role::FalsyRef, depth);
            }
            self.refusal = refusal;
            let text =
                parts.text(&self.out, &members, extended || role == Role::FalsyRef, !extended);
            self.replace(open, &text);
            return Ok(());
        }
        self.refusal = refusal;
        if order.changed || (!extended && seen.irregular) {
            let mut text = vec![b'{'];
            for member in members.iter().filter(|member| extended || member.kind != kind::UNDEFINED)
            {
                append(&mut text, &self.out[member.start..member.end]);
            }
            text.push(b'}');
            self.replace(open, &text);
        }
        Ok(())
    }

    fn replace(&mut self, from: usize, text: &[u8]) {
        self.out.truncate(from);
        self.out.extend_from_slice(text);
    }
}

/// A document that is a `DBRef`: where its parts lie in the text.
struct Reference {
    /// The name in `$ref`, without quotation marks.
    name: Range<usize>,
    id: Range<usize>,
    /// The name in `$db`, without quotation marks.
    database: Option<Range<usize>>,
}

impl Reference {
    /// What js-bson asks of a `DBRef` beyond its keys (`isDBRefLike`).
    fn of(out: &[u8], members: &[Member]) -> Option<Self> {
        let find = |key: &[u8]| members.iter().find(|member| member.key(out) == key);
        let name = find(b"\"$ref\"").filter(|name| name.is_string())?;
        let id = find(b"\"$id\"").filter(|id| !matches!(id.kind, kind::NULL | kind::UNDEFINED))?;
        let database = find(b"\"$db\"");
        if database.is_some_and(|database| !database.is_string()) {
            return None;
        }
        let unquoted = |member: &Member| member.value + 1..member.end - 1;
        Some(Self { name: unquoted(name), id: id.value..id.end, database: database.map(unquoted) })
    }

    /// The `DBRef`: with `extended`, as its `toExtendedJSON` has it. It copies its fields by
    /// assignment, which drops a `__proto__`; with `sparse` those that are undefined are left out.
    fn text(&self, out: &[u8], members: &[Member], extended: bool, sparse: bool) -> Vec<u8> {
        let (split, name) = split_namespace(&out[self.name.clone()]);
        let database = split.or(self.database.clone().map(|range| &out[range]));
        let mut text = vec![b'{'];
        let mut own = Vec::from(b"\"$ref\":\"");
        own.extend_from_slice(name);
        own.extend_from_slice(b"\",\"$id\":");
        own.extend_from_slice(&out[self.id.clone()]);
        let quoted = database
            .filter(|name| !extended || !name.is_empty())
            .map(|name| [b"\"$db\":\"".as_slice(), name, b"\""].concat());
        let fields = members.iter().filter(|member| {
            let known: [&[u8]; 4] = [b"\"$ref\"", b"\"$id\"", b"\"$db\"", b"\"__proto__\""];
            !(known.contains(&member.key(out)) || sparse && member.kind == kind::UNDEFINED)
        });
        let is_index = |member: &&Member| array_index(unquote(member.key(out))).is_some();
        let (indices, fields): (Vec<_>, Vec<_>) = fields.partition(is_index);
        for member in indices {
            append(&mut text, &out[member.start..member.end]);
        }
        append(&mut text, &own);
        if extended && let Some(database) = &quoted {
            append(&mut text, database);
        }
        for member in fields {
            append(&mut text, &out[member.start..member.end]);
        }
        if !extended && let Some(database) = &quoted {
            append(&mut text, database);
        }
        text.push(b'}');
        text
    }
}

/// Appends a member, with a comma unless it is the first.
fn append(text: &mut Vec<u8>, member: &[u8]) {
    if text.len() > 1 {
        text.push(b',');
    }
    text.extend_from_slice(member);
}

/// Members in JavaScript's order: whole numbers ascending, then the others by where their key came
/// first; of each key the last.
fn order(out: &[u8], members: &[Member]) -> Order {
    let mut places: HashMap<&[u8], usize> = HashMap::with_capacity(members.len());
    let mut last: Vec<usize> = Vec::with_capacity(members.len());
    for (index, member) in members.iter().enumerate() {
        match places.entry(member.key(out)) {
            Entry::Occupied(place) => last[*place.get()] = index,
            Entry::Vacant(place) => {
                place.insert(last.len());
                last.push(index);
            }
        }
    }
    let index_of = |&member: &usize| array_index(unquote(members[member].key(out)));
    let (mut numbers, others): (Vec<_>, Vec<_>) =
        last.into_iter().partition(|member| index_of(member).is_some());
    numbers.sort_by_key(|member| index_of(member));
    numbers.extend(others);
    let changed = numbers.len() < members.len() || !numbers.is_sorted();
    Order { members: numbers, changed }
}

/// What JavaScript calls an array index: a whole number below 2^32 - 1 as it is printed.
fn array_index(key: &[u8]) -> Option<u32> {
    match key {
        [b'0'] => Some(0),
        [b'1'..=b'9', rest @ ..] if rest.len() < 10 && rest.iter().all(u8::is_ascii_digit) => {
            let index = std::str::from_utf8(key).ok()?.parse().ok()?;
            (index != u32::MAX).then_some(index)
        }
        _ => None,
    }
}

/// A database and a collection out of a name with exactly one dot, as `DBRef`'s constructor has it. A
/// dot is no part of any escape.
pub(super) fn split_namespace(name: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let mut parts = name.split(|&byte| byte == b'.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(database), Some(collection), None) => (Some(database), collection),
        _ => (None, name),
    }
}

fn unquote(text: &[u8]) -> &[u8] {
    &text[1..text.len() - 1]
}

/// Different for most keys that differ, at the price of a look at both ends.
fn hash(key: &[u8]) -> u64 {
    let wide = |chunk: Option<&[u8; 8]>| chunk.map(|chunk| u64::from_le_bytes(*chunk));
    let narrow = |chunk: Option<&[u8; 4]>| chunk.map(|chunk| u32::from_le_bytes(*chunk).into());
    let ends = if key.len() < 8 {
        narrow(key.first_chunk()).zip(narrow(key.last_chunk()))
    } else {
        wide(key.first_chunk()).zip(wide(key.last_chunk()))
    };
    let word = match ends {
        Some((first, last)) => first ^ last.rotate_left(29),
        None => key.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    (word ^ (key.len() as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The elements of a document without its length and its zero.
pub(super) fn elements(document: &[u8]) -> Result<&[u8], NotJson> {
    let (size, rest) =
        document.split_first_chunk().ok_or(NotJson("corrupt bson message < 5 bytes long"))?;
    match rest {
        [elements @ .., 0] if u32::from_le_bytes(*size) as usize == document.len() => Ok(elements),
        _ => Err(NotJson("Bad BSON Document: object not properly terminated")),
    }
}

/// A document inside another one, and what follows it.
pub(super) fn nested(bytes: &[u8]) -> Result<(&[u8], &[u8]), NotJson> {
    let size = bytes.first_chunk().map_or(0, |size| u32::from_le_bytes(*size) as usize);
    bytes.split_at_checked(size).ok_or(NotJson("bad embedded document length in bson"))
}

pub(super) fn check_depth(depth: usize) -> Result<(), NotJson> {
    if depth > MAX_DEPTH {
        Err(NotJson("the document nests deeper than any server stores"))
    } else {
        Ok(())
    }
}
