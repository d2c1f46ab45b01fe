//! Passwords: what is accepted as one, how it is hashed (argon2id, OWASP's parameters) and compared.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base::{Dice, Error, Result};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Passwords hashed at the same time: each takes `MEMORY_KIB` and a few hundredths of a second of one core.
const HASHES_AT_ONCE_MAX: usize = 2;
/// Sign-ins that wait for their turn; more are answered `busy`.
const WAITING_MAX: usize = 32;
/// OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The places for hashing, and who waits for one.
#[derive(Default)]
pub struct Slots {
    queue: Mutex<Queue>,
    freed: Condvar,
}

#[derive(Default)]
struct Queue {
    running: usize,
    waiting: usize,
}

struct Slot<'a>(&'a Slots);

impl Slots {
    fn take(&self) -> Result<Slot<'_>> {
        let mut queue = self.queue();
        if queue.waiting >= WAITING_MAX {
            return Err(Error::busy("too many people are signing in at this moment; try again in a few seconds"));
        }
        queue.waiting += 1;
        let full = |queue: &mut Queue| queue.running >= HASHES_AT_ONCE_MAX;
        let mut queue = self.freed.wait_while(queue, full).unwrap_or_else(PoisonError::into_inner);
        queue.waiting -= 1;
        queue.running += 1;
        Ok(Slot(self))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.queue().running -= 1;
        self.0.freed.notify_one();
    }
}

/// Says what is wrong with a new password, never the password itself.
pub fn accept(password: &str, name: &str) -> Result<()> {
    let characters = password.chars().count();
    if characters < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(Error::invalid(format!(
            "a password has at least {PASSWORD_CHARS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes"
        )));
    }
    let first = password.chars().next();
    if password.chars().all(|character| Some(character) == first) || password.eq_ignore_ascii_case(name) {
        return Err(Error::invalid("a password is not one character repeated and not the account's name"));
    }
    Ok(())
}

/// The PHC text of a password with a fresh salt.
pub fn hash(slots: &Slots, dice: &Dice, password: &str) -> Result<String> {
    let _slot = slots.take()?;
    let mut salt = [0; 16];
    dice.fill(&mut salt);
    hash_with(password, &salt)
}

/// Whether the password fits the PHC text. Without one the same work is done and the answer is no.
pub fn verify(slots: &Slots, password: &str, hash: Option<&str>) -> Result<bool> {
    static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_with("nobody's password", &[0; 16]).ok());
    let _slot = slots.take()?;
    let Some(text) = hash.or(NOBODY.as_deref()) else { return Ok(false) };
    let parsed = PasswordHash::new(text).map_err(|_| Error::fault("a stored password hash cannot be read"))?;
    let right =
        password.len() <= PASSWORD_BYTES_MAX && Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    Ok(right && hash.is_some())
}

fn hash_with(password: &str, salt: &[u8]) -> Result<String> {
    let failed = |_| Error::fault("the password could not be hashed");
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| Error::fault("argon2 refused its parameters"))?;
    let salt = SaltString::encode_b64(salt).map_err(failed)?;
    let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let slots = Slots::default();
        let hash = hash(&slots, &Dice::seeded(1), "correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify(&slots, "correct horse", Some(&hash)).unwrap());
        assert!(!verify(&slots, "Correct horse", Some(&hash)).unwrap());
        assert!(!verify(&slots, "nobody's password", None).unwrap());
    }

    #[test]
    fn weak_passwords_are_refused() {
        for (password, name) in [("short", "a"), ("aaaaaaaaaaaa", "a"), ("integration", "Integration")] {
            assert!(accept(password, name).is_err(), "{password}");
        }
        accept("demo-clinician", "clinician").unwrap();
        accept("很长的一句口令可以用", "wang").unwrap();
    }

    #[test]
    fn a_long_queue_of_sign_ins_is_refused() {
        let slots = Slots::default();
        slots.queue().waiting = WAITING_MAX;
        assert!(slots.take().is_err());
        slots.queue().waiting = 0;
        drop(slots.take().unwrap());
        assert_eq!(slots.queue().running, 0);
    }
}
