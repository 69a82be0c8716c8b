//! The body of an answer, piece by piece.

use bytes::Bytes;

/// A body as it arrives. One that arrives in a single piece is kept as it is. Several pieces are copied together, because
/// hyper needs a new buffer for each piece that is still held.
#[derive(Debug, Default)]
pub(crate) struct Body {
    whole: Bytes,
    pieces: Vec<u8>,
}

impl Body {
    pub(crate) fn len(&self) -> usize {
        self.whole.len() + self.pieces.len()
    }

    /// Appends a piece. `announced` is the length that the header gave, or 0.
    pub(crate) fn push(&mut self, piece: Bytes, announced: usize) {
        if self.len() == 0 && piece.len() == announced {
            self.whole = piece;
            return;
        }
        if self.pieces.is_empty() {
            self.pieces.reserve_exact(announced);
        }
        self.pieces.extend_from_slice(&piece);
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        if self.pieces.is_empty() { self.whole } else { self.pieces.into() }
    }
}
