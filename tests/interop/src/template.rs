// SPDX-License-Identifier: MIT OR Apache-2.0
//! Block templates that nobody's node made: what a pool of the reference makes its jobs of.

use template_distribution_sv2::{NewTemplateOwned, SetNewPrevHashOwned as NewTip};

use crate::wire::now;

pub const REWARD_SATS: u64 = 312_500_000;
/// So hard that nothing here is ever a block.
const NBITS: u32 = 0x1703_4219;
const HASH_SIZE: u8 = 32;
/// A script of OP_RETURN that begins with what marks the commitment to the witnesses (BIP 141).
const COMMITMENT: [u8; 6] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

/// The one output that each template of today has: no value, and the commitment.
fn commitment(template_id: u64) -> Vec<u8> {
    let mut output = vec![0; 8];
    output.push(COMMITMENT.len() as u8 + HASH_SIZE);
    output.extend(COMMITMENT);
    let mut hash = [0xc0; HASH_SIZE as usize];
    hash[..8].copy_from_slice(&template_id.to_le_bytes());
    output.extend(hash);
    output
}

pub fn new_template(template_id: u64, future_template: bool) -> NewTemplateOwned {
    let mut branch = [0x5a; HASH_SIZE as usize];
    branch[..8].copy_from_slice(&template_id.to_le_bytes());
    NewTemplateOwned {
        template_id,
        future_template,
        version: 0x2000_0000,
        coinbase_tx_version: 2,
        coinbase_prefix: vec![3, 1, 2, 3].try_into().expect("a height"),
        coinbase_tx_input_sequence: u32::MAX,
        coinbase_tx_value_remaining: REWARD_SATS,
        coinbase_tx_outputs_count: 1,
        coinbase_tx_outputs: commitment(template_id).try_into().expect("a short output"),
        coinbase_tx_locktime: 0,
        merkle_path: vec![branch.into()].try_into().expect("a short path"),
    }
}

/// The tip on which that template builds; `chain` tells those of one pool from another's.
pub fn new_tip(template_id: u64, chain: u8) -> NewTip {
    let mut prev_hash = [chain; HASH_SIZE as usize];
    prev_hash[..8].copy_from_slice(&template_id.to_le_bytes());
    NewTip {
        template_id,
        prev_hash: prev_hash.into(),
        header_timestamp: now(),
        n_bits: NBITS,
        target: [0xff; HASH_SIZE as usize].into(),
    }
}
