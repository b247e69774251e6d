// SPDX-License-Identifier: MIT OR Apache-2.0
//! One recorded connection: its channels and groups as a client of the reference crates keeps them,
//! and the rules of the specification that those leave to the application.

use std::collections::{HashMap, HashSet};

use channels_sv2::client::group::GroupChannel;
use mining_sv2::*;
use parsers_sv2::{AnyMessageOwned, CommonMessagesOwned, MiningOwned};

use super::Shares;
use super::recording::Side;
use super::shares::PendingShares;
use super::tally::Tally;
use crate::channel::{Channel, Verdict};
use crate::wire::{Outcome, sentence};

const REQUIRES_STANDARD_JOBS: u32 = 1;
const REQUIRES_VERSION_ROLLING: u32 = 4;
const REQUIRES_FIXED_VERSION: u32 = 1;

/// A request that has no answer yet.
struct Opening {
    is_extended: bool,
    user: String,
    rate: f32,
    max_target: [u8; 32],
    min_extranonce_size: u16,
}

struct Member {
    channel: Channel,
    group: u32,
    max_target: [u8; 32],
    /// The limit before the last UpdateChannel: a target may have been on its way.
    max_target_before: [u8; 32],
    pending: PendingShares,
}

pub struct Connection {
    shares: Shares,
    was_set_up: bool,
    client_flags: u32,
    server_flags: u32,
    openings: HashMap<u32, Opening>,
    members: HashMap<u32, Member>,
    groups: HashMap<u32, GroupChannel>,
    closed: HashSet<u32>,
    unanswered: u64,
}

/// Is a target easier than a limit? Both little-endian.
fn is_above(target: &[u8; 32], limit: &[u8; 32]) -> bool {
    target.iter().rev().cmp(limit.iter().rev()).is_gt()
}

fn is_from_client(message: &MiningOwned) -> Option<bool> {
    use MiningOwned as M;
    match message {
        M::CloseChannel(_) => None,
        M::OpenStandardMiningChannel(_)
        | M::OpenExtendedMiningChannel(_)
        | M::UpdateChannel(_)
        | M::SubmitSharesStandard(_)
        | M::SubmitSharesExtended(_)
        | M::SetCustomMiningJob(_) => Some(true),
        _ => Some(false),
    }
}

impl Connection {
    pub fn new(shares: Shares) -> Connection {
        Connection {
            shares,
            was_set_up: false,
            client_flags: 0,
            server_flags: 0,
            openings: HashMap::new(),
            members: HashMap::new(),
            groups: HashMap::new(),
            closed: HashSet::new(),
            unanswered: 0,
        }
    }

    pub fn unanswered(&self) -> u64 {
        self.unanswered + self.members.values().map(|member| member.pending.len()).sum::<u64>()
    }

    pub fn hear(
        &mut self,
        side: Side,
        message: AnyMessageOwned,
        faults: &mut Vec<String>,
        tally: &mut Tally,
    ) {
        match message {
            AnyMessageOwned::Common(message) => faults.extend(self.common(side, message).err()),
            AnyMessageOwned::Mining(message) => {
                if is_from_client(&message).is_some_and(|client| client != (side == Side::Client)) {
                    faults.push(format!("{} has no business from {}", message, side.arrow()));
                    return;
                }
                self.mining(message, faults, tally);
            }
            _ => faults.push("a message of another protocol".into()),
        }
    }

    fn common(&mut self, side: Side, message: CommonMessagesOwned) -> Outcome<()> {
        use CommonMessagesOwned as M;
        match (side, message) {
            (Side::Client, M::SetupConnection(setup)) => {
                self.client_flags = setup.flags;
                match std::mem::replace(&mut self.was_set_up, true) {
                    true => Err("a second SetupConnection".into()),
                    false => Ok(()),
                }
            }
            (Side::Server, M::SetupConnectionSuccess(success)) => {
                self.server_flags = success.flags;
                let fixed = success.flags & REQUIRES_FIXED_VERSION != 0;
                match fixed && self.client_flags & REQUIRES_VERSION_ROLLING != 0 {
                    true => Err("a fixed version where the client needs to roll it".into()),
                    false => Ok(()),
                }
            }
            (Side::Client, _) => Err("a common message that no client sends".into()),
            (Side::Server, M::SetupConnection(_)) => Err("SetupConnection from the server".into()),
            (Side::Server, _) => Ok(()),
        }
    }

    fn mining(&mut self, message: MiningOwned, faults: &mut Vec<String>, tally: &mut Tally) {
        use MiningOwned as M;
        let result = match message {
            M::OpenStandardMiningChannel(open) => self.ask_standard(open),
            M::OpenExtendedMiningChannel(open) => self.ask_extended(open),
            M::OpenMiningChannelError(error) => match self.openings.remove(&error.request_id) {
                Some(_) => Ok(()),
                None => Err("OpenMiningChannel.Error that nobody asked for".into()),
            },
            M::OpenStandardMiningChannelSuccess(open) => self.open_standard(open),
            M::OpenExtendedMiningChannelSuccess(open) => self.open_extended(open),
            M::NewMiningJob(job) => match self.members.get_mut(&job.channel_id) {
                Some(member) => member.channel.standard_job(job),
                None => Err("NewMiningJob for an unknown channel".into()),
            },
            M::NewExtendedMiningJob(job) => return faults.extend(self.extended_job(job)),
            M::SetNewPrevHash(tip) => return faults.extend(self.new_tip(tip)),
            M::SetTarget(target) => return faults.extend(self.set_target(target)),
            M::SetExtranoncePrefix(set) => match self.members.get_mut(&set.channel_id) {
                Some(member) => member.channel.set_prefix(set.extranonce_prefix.to_owned_bytes()),
                None => Err("SetExtranoncePrefix for an unknown channel".into()),
            },
            M::SetGroupChannel(set) => self.set_group(set),
            M::UpdateChannel(update) => self.update(update),
            M::UpdateChannelError(_) => Ok(()),
            M::CloseChannel(close) => self.close(close),
            M::SubmitSharesStandard(share) => {
                let (id, sequence) = (share.channel_id, share.sequence_number);
                self.submit(id, sequence, |channel| channel.judge_standard(share))
            }
            M::SubmitSharesExtended(share) => {
                let (id, sequence) = (share.channel_id, share.sequence_number);
                self.submit(id, sequence, |channel| channel.judge_extended(share))
            }
            M::SubmitSharesSuccess(answer) => {
                let shares = self.shares;
                if let Some(member) = self.members.get_mut(&answer.channel_id) {
                    faults.extend(member.pending.accepted(&answer, shares, tally));
                }
                Ok(())
            }
            M::SubmitSharesError(answer) => {
                if let Some(member) = self.members.get_mut(&answer.channel_id) {
                    faults.extend(member.pending.refused(&answer, tally));
                }
                Ok(())
            }
            other => Err(format!("{other} is not expected")),
        };
        faults.extend(result.err());
    }

    fn ask(&mut self, request_id: u32, opening: Opening) -> Outcome<()> {
        match self.openings.insert(request_id, opening) {
            Some(_) => Err("a request_id that is in use".into()),
            None => Ok(()),
        }
    }

    fn ask_standard(&mut self, open: OpenStandardMiningChannelOwned) -> Outcome<()> {
        let opening = Opening {
            is_extended: false,
            user: open.user_identity.as_utf8_or_hex(),
            rate: open.nominal_hash_rate,
            max_target: open.max_target.to_array(),
            min_extranonce_size: 0,
        };
        self.ask(open.request_id, opening)
    }

    fn ask_extended(&mut self, open: OpenExtendedMiningChannelOwned) -> Outcome<()> {
        let opening = Opening {
            is_extended: true,
            user: open.user_identity.as_utf8_or_hex(),
            rate: open.nominal_hash_rate,
            max_target: open.max_target.to_array(),
            min_extranonce_size: open.min_extranonce_size,
        };
        self.ask(open.request_id, opening)?;
        match self.client_flags & REQUIRES_STANDARD_JOBS {
            0 => Ok(()),
            _ => Err("an extended channel on a connection for standard jobs".into()),
        }
    }

    fn open_standard(&mut self, open: OpenStandardMiningChannelSuccessOwned) -> Outcome<()> {
        let opening = self.opening(open.request_id, false)?;
        let channel = Channel::standard(&open, &opening.user, opening.rate)?;
        let (target, size) = (open.target.to_array(), open.extranonce_prefix.len());
        self.add(open.channel_id, open.group_channel_id, channel, &opening, target, size)
    }

    fn open_extended(&mut self, open: OpenExtendedMiningChannelSuccessOwned) -> Outcome<()> {
        let opening = self.opening(open.request_id, true)?;
        if open.extranonce_size < opening.min_extranonce_size {
            return Err("an extranonce_size below what was asked for".into());
        }
        let channel = Channel::extended(&open, &opening.user, opening.rate)?;
        let size = open.extranonce_prefix.len() + usize::from(open.extranonce_size);
        let target = open.target.to_array();
        self.add(open.channel_id, open.group_channel_id, channel, &opening, target, size)
    }

    fn opening(&mut self, request_id: u32, is_extended: bool) -> Outcome<Opening> {
        let opening = self.openings.remove(&request_id);
        opening
            .filter(|opening| opening.is_extended == is_extended)
            .ok_or("a channel is opened that nobody asked for".into())
    }

    fn add(
        &mut self,
        id: u32,
        group: u32,
        channel: Channel,
        opening: &Opening,
        target: [u8; 32],
        extranonce_size: usize,
    ) -> Outcome<()> {
        if self.members.contains_key(&id)
            || self.closed.contains(&id)
            || self.groups.contains_key(&id)
        {
            return Err("a channel id that was used before".into());
        }
        if self.members.contains_key(&group) || group == id {
            return Err("a group id that is a channel's".into());
        }
        let entry = self.groups.entry(group).or_insert_with(|| GroupChannel::new(group));
        let added = entry.add_channel_id(id, extranonce_size);
        let max_target = opening.max_target;
        let pending = PendingShares::default();
        let member = Member { channel, group, max_target, max_target_before: max_target, pending };
        self.members.insert(id, member);
        if is_above(&target, &max_target) {
            return Err("a channel's target is above its limit".into());
        }
        // A connection for standard jobs has no jobs for a group, so no size that all must share.
        match self.client_flags & REQUIRES_STANDARD_JOBS {
            0 => added.map_err(sentence("a group")),
            _ => Ok(()),
        }
    }

    /// The channel of that id, or those of the group of that id.
    fn addressed(&self, id: u32) -> Outcome<Vec<u32>> {
        if self.members.contains_key(&id) {
            return Ok(vec![id]);
        }
        let of_group = self.members.iter().filter(|(_, member)| member.group == id);
        let ids: Vec<u32> = of_group.map(|(id, _)| *id).collect();
        match ids.is_empty() {
            true => Err("a message for a channel or group that is not there".into()),
            false => Ok(ids),
        }
    }

    /// To each channel that is addressed; the sentences of those that refuse.
    fn each(
        &mut self,
        id: u32,
        mut act: impl FnMut(u32, &mut Member) -> Outcome<()>,
    ) -> Vec<String> {
        match self.addressed(id) {
            Err(fault) => vec![fault],
            Ok(ids) => {
                let mut told = |id| act(id, self.members.get_mut(&id).expect("a member")).err();
                ids.into_iter().filter_map(&mut told).collect()
            }
        }
    }

    fn extended_job(&mut self, job: NewExtendedMiningJobOwned) -> Vec<String> {
        let mut faults = Vec::new();
        if self.client_flags & REQUIRES_STANDARD_JOBS != 0 {
            faults.push("NewExtendedMiningJob on a connection for standard jobs".into());
        }
        if self.client_flags & REQUIRES_VERSION_ROLLING != 0 && !job.version_rolling_allowed {
            faults.push("a job with a fixed version where the client needs to roll it".into());
        }
        if self.server_flags & REQUIRES_FIXED_VERSION != 0 && job.version_rolling_allowed {
            faults.push("a job whose version may be rolled, after a fixed one was required".into());
        }
        let to = job.channel_id;
        faults.extend(self.each(to, |id, member| {
            let mut job = job.clone();
            job.channel_id = id;
            member.channel.extended_job(job, id != to)
        }));
        faults
    }

    fn new_tip(&mut self, tip: SetNewPrevHashOwned) -> Vec<String> {
        self.each(tip.channel_id, |id, member| {
            let mut tip = tip.clone();
            tip.channel_id = id;
            member.channel.new_tip(tip)
        })
    }

    fn set_target(&mut self, set: SetTargetOwned) -> Vec<String> {
        let target = set.maximum_target.to_array();
        self.each(set.channel_id, |_, member| {
            let limits = [&member.max_target, &member.max_target_before];
            if limits.iter().all(|limit| is_above(&target, limit)) {
                return Err("SetTarget above the channel's limit".into());
            }
            member.channel.set_target(target)
        })
    }

    fn set_group(&mut self, set: SetGroupChannelOwned) -> Outcome<()> {
        for id in set.channel_ids.into_inner() {
            if let Some(member) = self.members.get_mut(&id) {
                member.group = set.group_channel_id;
            }
        }
        match self.client_flags & REQUIRES_STANDARD_JOBS {
            0 => Ok(()),
            _ => Err("SetGroupChannel on a connection for standard jobs".into()),
        }
    }

    fn update(&mut self, update: UpdateChannelOwned) -> Outcome<()> {
        match self.members.get_mut(&update.channel_id) {
            Some(member) => {
                member.max_target_before = member.max_target;
                member.max_target = update.maximum_target.to_array();
                Ok(())
            }
            // The server's CloseChannel may have been on its way.
            None if self.closed.contains(&update.channel_id) => Ok(()),
            None => Err("UpdateChannel for an unknown channel".into()),
        }
    }

    fn close(&mut self, close: CloseChannelOwned) -> Outcome<()> {
        for id in self.addressed(close.channel_id)? {
            let member = self.members.remove(&id).expect("a member");
            self.unanswered += member.pending.len();
            self.closed.insert(id);
            if let Some(group) = self.groups.get_mut(&member.group) {
                group.remove_channel_id(id);
            }
        }
        Ok(())
    }

    fn submit(
        &mut self,
        id: u32,
        sequence: u32,
        judge: impl FnOnce(&mut Channel) -> Verdict,
    ) -> Outcome<()> {
        match self.members.get_mut(&id) {
            Some(member) => {
                let verdict = judge(&mut member.channel);
                member.pending.submitted(sequence, verdict);
                Ok(())
            }
            None if self.closed.contains(&id) => Ok(()),
            None => Err("a share for a channel that never was".into()),
        }
    }
}
