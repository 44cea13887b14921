//! Documents one after the other as text, in the form that a request asks for: JSON with commas between
//! them, or lines. What a document becomes, [`super::json`] and [`super::ejson`] know.

use bson::RawDocument;

use super::{
    ejson,
    json::{Form, NotJson, Transcoder},
};

/// Text that is being made of documents.
#[derive(Debug)]
pub struct Text {
    text: Made,
    /// A document comes before the next one.
    started: bool,
}

#[derive(Debug)]
enum Made {
    Json(Transcoder),
    Lines(Vec<u8>),
}

impl Text {
    /// Goes on behind what `out` holds; `started` says whether that ends with a document.
    pub fn new(out: Vec<u8>, form: Form, started: bool) -> Self {
        let text =
            if form.lines { Made::Lines(out) } else { Made::Json(Transcoder::new(out, form)) };
        Self { text, started }
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When js-bson would refuse to read it, or `EJSON.stringify` to write it.
    pub fn add(&mut self, document: &[u8]) -> Result<(), NotJson> {
        match &mut self.text {
            Made::Lines(out) => {
                let unreadable = |_| NotJson::UNREADABLE;
                let document = RawDocument::from_bytes(document).map_err(unreadable)?;
                ejson::write_line(out, document).map_err(unreadable)?;
            }
            Made::Json(transcoder) => {
                if self.started {
                    transcoder.separate();
                }
                transcoder.document(document)?;
            }
        }
        self.started = true;
        Ok(())
    }

    /// Bytes so far, with what was there before.
    pub fn written(&self) -> usize {
        match &self.text {
            Made::Json(transcoder) => transcoder.written(),
            Made::Lines(out) => out.len(),
        }
    }

    /// The text, behind what was there before.
    pub fn into_bytes(self) -> Vec<u8> {
        match self.text {
            Made::Json(transcoder) => transcoder.into_text(),
            Made::Lines(out) => out,
        }
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::*;
    use crate::codec::json::Dialect;

    fn text(form: Form, started: bool) -> String {
        let mut text = Text::new(b"> ".to_vec(), form, started);
        for document in [rawdoc! { "a": 1 }, rawdoc! {}] {
            text.add(document.as_bytes()).unwrap();
        }
        let length = text.written();
        let bytes = text.into_bytes();
        assert_eq!(bytes.len(), length);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn puts_commas_between_documents() {
        let plain = Form::new(Dialect::Plain);
        assert_eq!(text(plain, false), "> {\"a\":1},{}");
        assert_eq!(text(plain, true), "> ,{\"a\":1},{}");
    }

    #[test]
    fn gives_each_document_a_line() {
        let lines = Form { lines: true, ..Form::new(Dialect::Canonical) };
        let written = "> {\"a\":{\"$numberInt\":\"1\"}}\n{}\n";
        assert_eq!([text(lines, false), text(lines, true)], [written; 2]);
    }

    #[test]
    fn refuses_what_is_no_document() {
        for form in [Form::new(Dialect::Plain), Form { lines: true, ..Form::new(Dialect::Plain) }] {
            assert!(Text::new(Vec::new(), form, false).add(&[7, 0, 0, 0, 1, 1, 0]).is_err());
        }
    }
}
