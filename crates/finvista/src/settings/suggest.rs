//! What an unknown name was meant to be.

/// The message about an unknown setting: the nearest known one, or all of them if none is near.
pub(super) fn unknown(name: &str, known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.collect();
    // Its table may be missing: `hedge_after` of `failover.hedge_after`.
    let whole = known.iter().find(|candidate| candidate.rsplit('.').next() == Some(name));
    let nearest = known.iter().min_by_key(|candidate| distance(name, candidate));
    // Up to a third of the letters may be wrong.
    let near = nearest.filter(|candidate| distance(name, candidate) * 3 <= candidate.len());
    match whole.or(near) {
        Some(candidate) => format!("no such setting: did you mean {candidate}?"),
        None => format!("no such setting: there are {}", known.join(", ")),
    }
}

/// The fewest insertions, deletions and replacements that make one text of the other.
fn distance(left: &str, right: &str) -> usize {
    // The distances between the beginning of `left` that was read and each beginning of `right`.
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (read, l) in (1..).zip(left.bytes()) {
        let mut diagonal = read - 1;
        let mut next = vec![read];
        for (r, &above) in right.bytes().zip(row.iter().skip(1)) {
            let beside = next.last().copied().unwrap_or(read);
            next.push((diagonal + usize::from(l != r)).min(above + 1).min(beside + 1));
            diagonal = above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_setting_is_suggested() {
        for (left, right, edits) in
            [("", "", 0), ("abc", "", 3), ("timout", "timeout", 1), ("kitten", "sitting", 3), ("on", "no", 2)]
        {
            assert_eq!(distance(left, right), edits, "{left} {right}");
            assert_eq!(distance(right, left), edits, "{right} {left}");
        }
        let known = || ["timeout", "gateway", "failover.hedge_after"].map(str::to_owned).into_iter();
        assert_eq!(unknown("timout", known()), "no such setting: did you mean timeout?");
        assert_eq!(unknown("hedge_after", known()), "no such setting: did you mean failover.hedge_after?");
        assert_eq!(
            unknown("colour", known()),
            "no such setting: there are timeout, gateway, failover.hedge_after"
        );
    }
}
