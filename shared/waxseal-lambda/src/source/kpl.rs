//! Aggregated records of the Kinesis Producer Library: several records of its users in one record of a stream.
//!
//! Source: `awslabs/amazon-kinesis-producer`, "KPL Aggregated Record Format": four magic bytes, a message of Protocol Buffers, and
//! its MD5. The sum is not verified. It tells aggregated records from others that begin with the magic bytes, which no UTF-8 text
//! does; and Kinesis delivers what was written.

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const SUM: usize = 16;

/// One record of a user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) key: &'a str,
    pub(super) data: &'a [u8],
}

/// The records inside of an aggregated record, or what is wrong with it. `None` where it is not aggregated.
pub(super) fn records(data: &[u8]) -> Option<Result<Vec<Part<'_>>, &'static str>> {
    let rest = data.strip_prefix(&MAGIC)?;
    Some(match rest.len().checked_sub(SUM) {
        Some(end) => match message(&rest[..end]) {
            Some(parts) if parts.is_empty() => Err("that holds no record"),
            parts => parts.ok_or("that cannot be read"),
        },
        None => Err("that is cut off"),
    })
}

/// `AggregatedRecord`: `partition_key_table` = 1, `explicit_hash_key_table` = 2, `records` = 3.
fn message(mut bytes: &[u8]) -> Option<Vec<Part<'_>>> {
    let (mut keys, mut records) = (Vec::new(), Vec::new());
    while let Some(field) = Field::next(&mut bytes)? {
        match field {
            Field { number: 1, value: Value::Bytes(key) } => keys.push(str::from_utf8(key).ok()?),
            Field { number: 3, value: Value::Bytes(record) } => records.push(record),
            Field { .. } => {}
        }
    }
    records.into_iter().map(|record| part(record, &keys)).collect()
}

/// `Record`: `partition_key_index` = 1, `explicit_hash_key_index` = 2, `data` = 3, `tags` = 4.
fn part<'a>(mut bytes: &'a [u8], keys: &[&'a str]) -> Option<Part<'a>> {
    let (mut key, mut data) = (None, None);
    while let Some(field) = Field::next(&mut bytes)? {
        match field {
            Field { number: 1, value: Value::Number(index) } => {
                key = Some(*keys.get(usize::try_from(index).ok()?)?);
            }
            Field { number: 3, value: Value::Bytes(bytes) } => data = Some(bytes),
            Field { .. } => {}
        }
    }
    Some(Part { key: key?, data: data? })
}

struct Field<'a> {
    number: u64,
    value: Value<'a>,
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A number of 32 or 64 bits, which the format does not use.
    Fixed,
}

impl<'a> Field<'a> {
    /// The next field. `Some(None)` is the end, and `None` an error.
    fn next(bytes: &mut &'a [u8]) -> Option<Option<Self>> {
        if bytes.is_empty() {
            return Some(None);
        }
        let tag = varint(bytes)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(bytes)?),
            1 => take(bytes, 8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(varint(bytes)?).ok()?;
                Value::Bytes(take(bytes, length)?)
            }
            5 => take(bytes, 4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some(Some(Self { number: tag >> 3, value }))
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take(bytes, 1)? else { return None };
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(mut number: u64, to: &mut Vec<u8>) {
        while number > 0x7f {
            to.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        to.push(number as u8);
    }

    fn bytes(field: u64, content: &[u8], to: &mut Vec<u8>) {
        number(field << 3 | 2, to);
        number(content.len() as u64, to);
        to.extend(content);
    }

    /// As the library writes it.
    fn aggregated(keys: &[String], parts: &[(usize, Vec<u8>)]) -> Vec<u8> {
        let mut message = MAGIC.to_vec();
        keys.iter().for_each(|key| bytes(1, key.as_bytes(), &mut message));
        for (key, data) in parts {
            let mut record = vec![1 << 3];
            number(*key as u64, &mut record);
            bytes(3, data, &mut record);
            bytes(3, &record, &mut message);
        }
        message.extend([0; SUM]);
        message
    }

    #[test]
    fn other_data_is_not_aggregated() {
        for data in [&b""[..], b"{}", &MAGIC[..3], b"\xf3\x89\x9a{"] {
            assert_eq!(records(data), None);
        }
        assert_eq!(records(&MAGIC), Some(Err("that is cut off")));
        assert_eq!(records(&aggregated(&[], &[])), Some(Err("that holds no record")));
        assert_eq!(records(&aggregated(&[], &[(0, Vec::new())])), Some(Err("that cannot be read")));
    }

    proptest! {
        #[test]
        fn s54_what_was_aggregated_is_taken_apart(
            keys in proptest::collection::vec(".{0,200}", 1..4),
            parts in proptest::collection::vec((any::<proptest::sample::Index>(), proptest::collection::vec(any::<u8>(), 0..300)), 1..6),
            at in any::<proptest::sample::Index>(),
            byte: u8,
        ) {
            let parts: Vec<_> = parts.into_iter().map(|(key, data)| (key.index(keys.len()), data)).collect();
            let mut data = aggregated(&keys, &parts);
            let expected: Vec<_> = parts.iter().map(|(key, data)| Part { key: &keys[*key], data }).collect();
            prop_assert_eq!(records(&data), Some(Ok(expected)));
            // A byte that changed is read as something, or refused.
            let at = at.index(data.len());
            data[at] = byte;
            let _ = records(&data);
        }
    }
}
