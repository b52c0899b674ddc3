//! Items that belong together: of one chromosome, of one promoter.

/// The items of each group in their order, groups by ascending key.
pub(crate) fn groups<K: Ord>(keys: &[K]) -> Vec<Vec<usize>> {
    let mut items: Vec<usize> = (0..keys.len()).collect();
    items.sort_by(|&a, &b| keys[a].cmp(&keys[b])); // stable: items of a group stay in order
    items.chunk_by(|&a, &b| keys[a] == keys[b]).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_sorted_and_their_items_in_order() {
        assert_eq!(groups(&["b", "a", "b", "a", "c"]), [vec![1, 3], vec![0, 2], vec![4]]);
        assert!(groups::<u8>(&[]).is_empty());
    }
}
