//! Text that is read aloud: by whom, and in which pieces.

/// What one call to Polly may bill.
const PIECE: usize = 3000;
/// About nine minutes, three megabytes: an answer of API Gateway's function ends at six, base64 included.
const MOST_PIECES: usize = 3;

/// Who reads, by Polly's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice {
    pub language: &'static str,
    pub name: &'static str,
}

const ENGLISH: Voice = Voice { language: "en-US", name: "Joanna" };
/// Voices of the standard engine, which every region of Polly has.
const VOICES: [Voice; 10] = [
    ENGLISH,
    Voice { language: "en-GB", name: "Amy" },
    Voice { language: "de-DE", name: "Vicki" },
    Voice { language: "fr-FR", name: "Lea" },
    Voice { language: "es-ES", name: "Lucia" },
    Voice { language: "it-IT", name: "Bianca" },
    Voice { language: "pt-BR", name: "Camila" },
    Voice { language: "nl-NL", name: "Lotte" },
    Voice { language: "pl-PL", name: "Ewa" },
    Voice { language: "ja-JP", name: "Takumi" },
];

impl Voice {
    /// For the first language of `Accept-Language` that has a voice; the whole tag counts before its
    /// language. English when there is none.
    pub fn accepted(languages: Option<&str>) -> Self {
        let tags = languages.unwrap_or_default().split(',').take(20);
        let plain = tags.map(|tag| tag.split(';').next().unwrap_or_default().trim());
        plain.filter_map(Self::of).next().unwrap_or(ENGLISH)
    }

    fn of(tag: &str) -> Option<Self> {
        let language = |text: &str| text.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let exact = VOICES.into_iter().find(|voice| voice.language.eq_ignore_ascii_case(tag));
        exact.or_else(|| VOICES.into_iter().find(|voice| language(voice.language) == language(tag)))
    }
}

/// What is read of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Script {
    pub pieces: Vec<String>,
    /// The text goes on beyond what is read.
    pub is_cut: bool,
}

/// Splits at the ends of sentences, at spaces where a sentence is too long, and anywhere as the last resort.
pub fn script(text: &str) -> Script {
    let (mut pieces, mut left) = (Vec::new(), text.trim());
    while !left.is_empty() && pieces.len() < MOST_PIECES {
        let (piece, rest) = left.split_at(piece_end(left));
        pieces.push(piece.trim_end().to_owned());
        left = rest.trim_start();
    }
    Script { pieces, is_cut: !left.is_empty() }
}

/// Where the first piece ends, in bytes; never at 0.
fn piece_end(text: &str) -> usize {
    let Some((limit, _)) = text.char_indices().nth(PIECE) else { return text.len() };
    let whole = &text[..limit];
    after_last(whole, is_end_of_sentence).or_else(|| after_last(whole, char::is_whitespace)).unwrap_or(limit)
}

fn after_last(text: &str, matches: impl Fn(char) -> bool) -> Option<usize> {
    let (at, found) = text.char_indices().rev().find(|(_, character)| matches(*character))?;
    Some(at + found.len_utf8())
}

const fn is_end_of_sentence(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | '\n' | '…' | '。' | '！' | '？')
}

/// MP3 files as one: the frames of each follow each other; a tag in the middle would be heard as noise by
/// players that look for tags at the start only.
pub fn joined(recordings: &[Vec<u8>]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(recordings.iter().map(Vec::len).sum());
    for (index, recording) in recordings.iter().enumerate() {
        let frames = if index == 0 { recording } else { without_tag(recording) };
        whole.extend_from_slice(frames);
    }
    whole
}

/// An ID3v2 tag says its length in four bytes of seven bits.
fn without_tag(recording: &[u8]) -> &[u8] {
    match recording {
        [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] => {
            let length = [a, b, c, d].iter().fold(0, |sum, byte| (sum << 7) | usize::from(*byte & 0x7f));
            let footer = if flags & 0x10 == 0 { 0 } else { 10 };
            recording.get(10 + length + footer..).unwrap_or_default()
        }
        _ => recording,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn voice(languages: &str) -> &'static str {
        Voice::accepted(Some(languages)).name
    }

    #[test]
    fn the_first_language_with_a_voice_reads() {
        assert_eq!(voice("de-AT, en;q=0.5"), "Vicki");
        assert_eq!(voice("en-gb"), "Amy");
        assert_eq!(voice("xx, fr;q=0.1"), "Lea");
        assert_eq!(Voice::accepted(None), ENGLISH);
        for odd in ["", "*", ";;,,", "\u{0}", "d\u{e9}", &"x,".repeat(100_000)] {
            assert_eq!(Voice::accepted(Some(odd)), ENGLISH, "{odd:.20}");
        }
    }

    #[test]
    fn a_text_is_split_at_sentences() {
        let sentence = format!("{}. ", "a".repeat(1998));
        let script = script(&sentence.repeat(3));
        assert_eq!(script.pieces.iter().map(|piece| piece.chars().count()).collect::<Vec<_>>(), [1999; 3]);
        assert!(!script.is_cut);
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        let script = script(&"word ".repeat(2000));
        assert_eq!((script.pieces.len(), script.is_cut), (3, true));
        assert!(script.pieces.iter().all(|piece| piece.chars().count() <= PIECE && piece.ends_with("word")));
    }

    #[test]
    fn frames_follow_each_other_without_the_tags_between() {
        let tagged = [&b"ID3\x04\0\0\0\0\0\x02xy"[..], b"\xff\xf3frames"].concat();
        assert_eq!(joined(&[tagged.clone(), tagged.clone()]), [&tagged[..], b"\xff\xf3frames"].concat());
        assert_eq!(without_tag(b"ID3\x04\0\0\x7f\x7f\x7f\x7f"), b"");
    }

    proptest! {
        #[test]
        fn nothing_but_space_is_lost_and_no_piece_is_too_long(text in "(?s).{0,4000}") {
            let found = script(&text);
            prop_assert!(found.pieces.iter().all(|piece| (1..=PIECE).contains(&piece.chars().count())));
            let kept = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(kept(&found.pieces.concat()), kept(&text));
        }
    }
}
