//! Links to the viewer: short-lived, for one card, signed so that making one costs no write. Whoever holds a link sees
//! what the account that made it may see of that card's patient, and nothing else; the audit names that account.

use base::{Cx, Error, Kind, Millis, Result, hex};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use store::{Batch, Guard, ShelfOp, Store};

/// How long a link is good.
pub const LINK_MINUTES: i64 = 15;
/// Where the key is kept (a row of the shelf), so that links outlive a restart and serve several processes.
const SPACE: &str = "cards.links";
const KEY: &str = "key";
const KEY_BYTES: usize = 32;
/// Expiry (8), account (8), then the card's uuid; the signature stands behind them.
const HEAD_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 16;
const CARD_CHARS: usize = 36;

/// Makes and reads links.
#[derive(Clone)]
pub struct Links {
    /// Ready to sign: the key is in it.
    mac: Hmac<Sha256>,
}

/// What a link stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub card: String,
    /// Number of the account that made it.
    pub account: i64,
    pub expires: Millis,
}

impl Links {
    /// Takes the key from the record, or makes one.
    pub fn open(cx: &Cx, store: &Store) -> Result<Links> {
        if let Some(kept) = store.row_read(SPACE, KEY)? {
            return Links::with(&kept);
        }
        let mut key = [0; KEY_BYTES];
        cx.dice.fill(&mut key);
        let (space, name) = (SPACE.to_owned(), KEY.to_owned());
        let row =
            ShelfOp::Row { space: space.clone(), key: name.clone(), sort: String::new(), doc: Some(key.to_vec()) };
        let guards = vec![Guard::NewRow { space, key: name }];
        match store.write(cx, Batch { guards, shelves: vec![row], ..Batch::default() }) {
            Ok(_) => Links::with(&key),
            // Another process was faster.
            Err(error) => match store.row_read(SPACE, KEY)? {
                Some(kept) => Links::with(&kept),
                None => Err(error),
            },
        }
    }

    fn with(kept: &[u8]) -> Result<Links> {
        let wrong = || Error::fault("the key of the viewer's links has the wrong length");
        let key = Some(kept).filter(|key| key.len() == KEY_BYTES).ok_or_else(wrong)?;
        Ok(Links { mac: Hmac::new_from_slice(key).map_err(|_| wrong())? })
    }

    /// The text of a link for a card, made by an account, and when it ends. `now` is the machine's time, as for sessions,
    /// also where the record lives on another.
    pub fn make(&self, account: i64, card: &str, now: Millis) -> (String, Millis) {
        let expires = now + LINK_MINUTES * 60_000;
        let mut bytes = Vec::with_capacity(HEAD_BYTES + CARD_CHARS + SIGNATURE_BYTES);
        bytes.extend_from_slice(&expires.to_be_bytes());
        bytes.extend_from_slice(&account.to_be_bytes());
        bytes.extend_from_slice(card.as_bytes());
        let signature = self.mac.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&signature[..SIGNATURE_BYTES]);
        (hex::encode(&bytes), expires)
    }

    /// What a link stands for, while it is good.
    pub fn read(&self, text: &str, now: Millis) -> Result<Link> {
        let bad = || Error::new(Kind::Unauthenticated, "this link is not known here; open the card again");
        let length = 2 * (HEAD_BYTES + CARD_CHARS + SIGNATURE_BYTES);
        let bytes = Some(text).filter(|text| text.len() == length).and_then(hex::decode).ok_or_else(bad)?;
        let (signed, signature) = bytes.split_at(HEAD_BYTES + CARD_CHARS);
        // In a time that does not tell where they differ.
        self.mac.clone().chain_update(signed).verify_truncated_left(signature).map_err(|_| bad())?;
        let number = |at: usize| signed[at..at + 8].try_into().map(i64::from_be_bytes).map_err(|_| bad());
        let (expires, account) = (number(0)?, number(8)?);
        if expires <= now {
            let text = format!("this link was good for {LINK_MINUTES} minutes; open the card again");
            return Err(Error::new(Kind::Unauthenticated, text));
        }
        let card = String::from_utf8(signed[HEAD_BYTES..].to_vec()).map_err(|_| bad())?;
        Ok(Link { card, account, expires })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_beginning_of_an_hmac_sha_256() {
        // As `openssl dgst -sha256 -mac HMAC -macopt hexkey:0b0b…` gives it: links made before a change of library go on.
        let links = Links::with(&[0x0b; KEY_BYTES]).unwrap();
        let card = "0123456789abcdef0123456789abcdef0123";
        let (text, expires) = links.make(7, card, 0);
        assert_eq!((expires, text.len()), (900_000, 2 * (HEAD_BYTES + CARD_CHARS + SIGNATURE_BYTES)));
        assert_eq!(&text[2 * (HEAD_BYTES + CARD_CHARS)..], "4fb797fe621a8b4486b982c73105f3c0");
        assert_eq!(links.read(&text, 1).unwrap().card, card);
        assert!(Links::with(&[0x0b; 31]).is_err());
    }
}
