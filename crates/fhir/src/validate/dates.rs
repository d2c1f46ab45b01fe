//! How R4 writes dates and times: https://hl7.org/fhir/R4/datatypes.html#primitive

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.len(), 4 | 7 | 10) && date_end(bytes) == Some(bytes.len())
}

/// A date, or a whole day with time, seconds and offset.
pub(super) fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    match date_end(bytes) {
        Some(end) if end == bytes.len() => true,
        Some(10) => is_time_with_offset(&bytes[10..]),
        _ => false,
    }
}

/// A whole day with time, seconds and offset.
pub(super) fn is_instant(text: &str) -> bool {
    let bytes = text.as_bytes();
    date_end(bytes) == Some(10) && is_time_with_offset(&bytes[10..])
}

/// `hh:mm:ss`, with or without fractions of a second.
pub(super) fn is_time(text: &str) -> bool {
    time_end(text.as_bytes()) == Some(text.len())
}

/// Where the date at the beginning ends: after year, month or day.
fn date_end(bytes: &[u8]) -> Option<usize> {
    let year = digits(bytes, 0, 4)?;
    if year == 0 {
        return None;
    }
    if bytes.get(4) != Some(&b'-') {
        return Some(4);
    }
    let month = digits(bytes, 5, 2).filter(|month| (1..=12).contains(month))?;
    if bytes.get(7) != Some(&b'-') {
        return Some(7);
    }
    digits(bytes, 8, 2).filter(|day| (1..=days_of(year, month)).contains(day)).map(|_| 10)
}

fn days_of(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_time_with_offset(bytes: &[u8]) -> bool {
    let Some(time) = bytes.strip_prefix(b"T") else { return false };
    time_end(time).is_some_and(|end| is_offset(&time[end..]))
}

/// Where the time at the beginning ends. Second 60 is a leap second.
fn time_end(bytes: &[u8]) -> Option<usize> {
    let hour = digits(bytes, 0, 2)?;
    let minute = digits(bytes, 3, 2)?;
    let second = digits(bytes, 6, 2)?;
    let colons = bytes[2] == b':' && bytes[5] == b':';
    if !colons || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    if bytes.get(8) != Some(&b'.') {
        return Some(8);
    }
    let fraction = bytes[9..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (fraction > 0).then_some(9 + fraction)
}

fn is_offset(bytes: &[u8]) -> bool {
    if bytes == b"Z" {
        return true;
    }
    let signed = bytes.len() == 6 && matches!(bytes[0], b'+' | b'-') && bytes[3] == b':';
    let within = |hours: u32, minutes: u32| (hours < 14 && minutes < 60) || (hours == 14 && minutes == 0);
    signed && digits(bytes, 1, 2).zip(digits(bytes, 4, 2)).is_some_and(|(hours, minutes)| within(hours, minutes))
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let digits = bytes.get(at..at + count)?;
    digits.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}
