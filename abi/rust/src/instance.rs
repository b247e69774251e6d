// SPDX-License-Identifier: MIT OR Apache-2.0
//! An instance: the hooks of the contract as methods.

use crate::*;

/// One instance of a plugin. Dropping it destroys it.
pub struct Instance {
    plugin: Plugin,
    raw: *mut sys::hmx_instance,
    context: *mut Context,
    now_ns: u64,
    seq: u64,
    /// Not Sync: one serial executor.
    serial: PhantomData<std::cell::Cell<()>>,
}

// Safety: the thread may change between calls (rule 7); callbacks are Send.
unsafe impl Send for Instance {}

impl Instance {
    /// Makes an instance. `now_ns` is the monotonic clock, nanoseconds.
    pub fn create(plugin: &Plugin, options: Options, now_ns: u64) -> Result<Instance> {
        let c_string = |text: &str| CString::new(text.replace('\0', "?")).unwrap_or_default();
        let context = Box::into_raw(Box::new(Context {
            name: c_string(&options.host_name),
            version: c_string(&options.host_version),
            host: sized(),
            blocks: 0,
            options,
        }));
        // Safety: context was just made and is ours until kill(); the plugin's hook is called as the
        // contract says, with structs that live through the call.
        let (status, raw, why) = unsafe {
            let c = &mut *context;
            c.host.abi_major = sys::HMX_ABI_MAJOR;
            c.host.abi_minor = sys::HMX_ABI_MINOR;
            c.host.caps = plugin.caps.0;
            c.host.ctx = context.cast();
            c.host.log = c.options.log.as_ref().map(|_| on_log as _);
            c.host.audit = c.options.audit.as_ref().map(|_| on_audit as _);
            c.host.request_tick = c.options.request_tick.as_ref().map(|_| on_request_tick as _);
            c.host.alloc = Some(on_alloc);
            c.host.free = Some(on_free);
            c.host.name = c.name.as_ptr();
            c.host.version = c.version.as_ptr();
            let mut args: sys::hmx_create_args = sized();
            args.config_path = view(c.options.config_path.as_bytes());
            args.config_text = view(c.options.config_text.as_bytes());
            args.seed = c.options.seed;
            args.now_ns = now_ns;
            args.unix_ms = c.options.unix_ms;
            args.channels_max = c.options.channels_max;
            args.instance_index = c.options.instance_index;
            args.instance_count = c.options.instance_count;
            let mut why = Sentence::new();
            args.why = &mut why.text;
            let mut raw = std::ptr::null_mut();
            let create = plugin.ops.create.expect("checked by load");
            let status = create(&c.host, &args, &mut raw);
            (status, raw, why)
        };
        if let Err(error) = why.check(status, "create") {
            // Safety: nothing keeps the address after a refused create.
            drop(unsafe { Box::from_raw(context) });
            return Err(error);
        }
        Ok(Instance { plugin: *plugin, raw, context, now_ns, seq: 0, serial: PhantomData })
    }

    /// Destroys it. Returns how many blocks of memory it left behind: 0 with a sound plugin.
    pub fn destroy(mut self) -> i64 {
        self.kill()
    }

    fn kill(&mut self) -> i64 {
        if self.raw.is_null() {
            return 0;
        }
        // Safety: raw and context are ours and used for the last time.
        unsafe {
            (self.plugin.ops.destroy.expect("checked by load"))(self.raw);
            self.raw = std::ptr::null_mut();
            let left = (*self.context).blocks;
            drop(Box::from_raw(self.context));
            left
        }
    }

    /// Never decreasing, whatever the caller's clock did.
    fn stamp<T>(&mut self, now_ns: u64, flags: u32) -> sys::hmx_event {
        self.now_ns = self.now_ns.max(now_ns);
        self.seq += 1;
        sys::hmx_event { size: size_of::<T>() as u32, flags, now_ns: self.now_ns, seq: self.seq }
    }

    /// The pools to connect to: ask after create and after each reconfigure.
    pub fn upstreams(&mut self) -> Result<Vec<Upstream>> {
        let hook = match self.plugin.ops.upstreams {
            Some(hook) => hook,
            None => return Ok(Vec::new()),
        };
        let mut rows = vec![sized::<sys::hmx_upstream_info>(); sys::HMX_UPSTREAMS_MAX as usize];
        let mut table: sys::hmx_upstream_table = sized();
        table.stride = size_of::<sys::hmx_upstream_info>() as u32;
        table.capacity = sys::HMX_UPSTREAMS_MAX;
        table.rows = rows.as_mut_ptr();
        // Safety: the table describes rows that live through the call.
        check(unsafe { hook(self.raw, &mut table) }, "upstreams")?;
        rows.truncate(table.count as usize);
        Ok(rows.iter().map(Upstream::from_row).collect())
    }

    /// A pool's connection or facts changed.
    pub fn on_upstream(&mut self, now_ns: u64, upstream: u32, state: &UpstreamState) -> Result<()> {
        let hook = match self.plugin.ops.on_upstream {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let mut event = state.to_event(upstream);
        event.event = self.stamp::<sys::hmx_upstream_event>(now_ns, 0);
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_upstream")
    }

    /// A channel wants to open: where? A plugin without an opinion answers [`Placement::Pass`].
    pub fn on_channel_open(&mut self, now_ns: u64, open: &ChannelOpen<'_>) -> Result<Opened> {
        let hook = match self.plugin.ops.on_channel_open {
            Some(hook) => hook,
            None => return Ok(Opened::default()),
        };
        let mut event = open.to_event();
        event.event = self.stamp::<sys::hmx_channel_open>(now_ns, 0);
        let mut answer: sys::hmx_channel_decision = sized();
        // Safety: event and answer live through the call, and so do the views' texts.
        check(unsafe { hook(self.raw, &event, &mut answer) }, "on_channel_open")?;
        Ok(Opened::from_answer(&answer))
    }

    /// Facts of an open channel changed.
    pub fn on_channel_update(&mut self, now_ns: u64, update: &ChannelUpdate) -> Result<()> {
        let hook = match self.plugin.ops.on_channel_update {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let mut event = update.to_event();
        event.event = self.stamp::<sys::hmx_channel_update>(now_ns, 0);
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_channel_update")
    }

    /// A channel is gone.
    pub fn on_channel_close(&mut self, now_ns: u64, channel: u64, cookie: u64, why: CloseReason) -> Result<()> {
        let hook = match self.plugin.ops.on_channel_close {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let event = sys::hmx_channel_close {
            event: self.stamp::<sys::hmx_channel_close>(now_ns, 0),
            channel,
            cookie,
            reason: why as u32,
            pad0: 0,
        };
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_channel_close")
    }

    /// Shares of a channel. The hot path: nothing is allocated on either side.
    #[inline]
    pub fn on_share(&mut self, now_ns: u64, share: &Share) -> Result<()> {
        let hook = match self.plugin.ops.on_share {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let event = sys::hmx_share {
            event: self.stamp::<sys::hmx_share>(now_ns, u32::from(share.local)),
            channel: share.channel,
            cookie: share.cookie,
            upstream: share.upstream,
            verdict: share.verdict as u32,
            count: share.count,
            pad0: 0,
            work: share.work,
            credit: share.credit,
        };
        // Safety: the event lives through the call.
        let status = unsafe { hook(self.raw, &event) };
        if status < 0 {
            return check(status, "on_share");
        }
        Ok(())
    }

    /// Time passed: at least every second. `decisions` gets what is to be carried out.
    pub fn on_tick(&mut self, now_ns: u64, unix_ms: u64, decisions: &mut Vec<Decision>) -> Result<()> {
        const ROWS: usize = 64;
        let hook = match self.plugin.ops.on_tick {
            Some(hook) => hook,
            None => return Ok(()),
        };
        loop {
            let mut rows = [sized::<sys::hmx_decision>(); ROWS];
            let event = sys::hmx_tick { event: self.stamp::<sys::hmx_tick>(now_ns, 0), unix_ms };
            let mut buffer: sys::hmx_decision_buf = sized();
            buffer.stride = size_of::<sys::hmx_decision>() as u32;
            buffer.capacity = ROWS as u32;
            buffer.rows = rows.as_mut_ptr();
            // Safety: event, buffer and rows live through the call.
            check(unsafe { hook(self.raw, &event, &mut buffer) }, "on_tick")?;
            let count = (buffer.count as usize).min(ROWS);
            decisions.extend(rows[..count].iter().map(Decision::from_row));
            if buffer.more == 0 {
                return Ok(());
            }
        }
    }

    /// What became of a decision, or what the host did on its own.
    pub fn on_reassign(&mut self, now_ns: u64, outcome: &Outcome) -> Result<()> {
        let hook = match self.plugin.ops.on_reassign {
            Some(hook) => hook,
            None => return Ok(()),
        };
        let mut event = outcome.to_event();
        event.event = self.stamp::<sys::hmx_reassign>(now_ns, 0);
        // Safety: the event lives through the call.
        check(unsafe { hook(self.raw, &event) }, "on_reassign")
    }

    /// What was learned, as bytes to keep.
    pub fn save(&mut self) -> Result<Vec<u8>> {
        let hook = self.plugin.ops.save;
        self.write_with("save", |raw, to| match hook {
            // Safety: the writer lives through the call.
            Some(hook) => unsafe { hook(raw, to) },
            None => sys::HMX_E_UNSUPPORTED,
        })
    }

    fn write_with(&mut self, what: &str, call: impl Fn(*mut sys::hmx_instance, &sys::hmx_writer) -> i32) -> Result<Vec<u8>> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut to: sys::hmx_writer = sized();
        to.ctx = (&mut bytes as *mut Vec<u8>).cast();
        to.write = Some(on_write);
        check(call(self.raw, &to), what)?;
        Ok(bytes)
    }

    /// Takes over what `save` wrote; on a fresh instance, before the first event.
    pub fn load(&mut self, bytes: &[u8], now_ns: u64, unix_ms: u64) -> Result<()> {
        let hook = match self.plugin.ops.load {
            Some(hook) => hook,
            None => return check(sys::HMX_E_UNSUPPORTED, "load"),
        };
        let mut rest = bytes;
        let mut from: sys::hmx_reader = sized();
        from.ctx = (&mut rest as *mut &[u8]).cast();
        from.read = Some(on_read);
        let mut why = Sentence::new();
        let mut args: sys::hmx_load_args = sized();
        args.now_ns = now_ns;
        args.unix_ms = unix_ms;
        args.from = &from;
        args.why = &mut why.text;
        // Safety: all that args points to lives through the call.
        let status = unsafe { hook(self.raw, &args) };
        why.check(status, "load")
    }

    /// A new configuration as a whole, or nothing.
    pub fn reconfigure(&mut self, config_text: &str, now_ns: u64, unix_ms: u64) -> Result<()> {
        let hook = match self.plugin.ops.reconfigure {
            Some(hook) => hook,
            None => return check(sys::HMX_E_UNSUPPORTED, "reconfigure"),
        };
        let mut why = Sentence::new();
        let mut args: sys::hmx_reconfigure_args = sized();
        self.now_ns = self.now_ns.max(now_ns);
        args.config_text = view(config_text.as_bytes());
        args.now_ns = self.now_ns;
        args.unix_ms = unix_ms;
        args.why = &mut why.text;
        // Safety: all that args points to lives through the call.
        let status = unsafe { hook(self.raw, &args) };
        why.check(status, "reconfigure")
    }

    fn extension<T: Default>(&mut self, id: &[u8]) -> Option<T> {
        let hook = self.plugin.ops.get_extension?;
        // Safety: id is NUL-terminated; a table begins with its size and is static (rule 11).
        unsafe {
            let table = hook(self.raw, id.as_ptr().cast());
            if table.is_null() {
                return None;
            }
            Some(copy_in(table.cast::<T>()))
        }
    }

    fn tuning<T>(&mut self, what: &str, member: impl Fn(&sys::hmx_tuning_v1) -> Option<T>) -> Result<T> {
        let table: Option<sys::hmx_tuning_v1> = self.extension(sys::HMX_TUNING_ID);
        match table.as_ref().and_then(member) {
            Some(member) => Ok(member),
            None => refuse(sys::HMX_E_UNSUPPORTED, format!("this plugin has no {what}")),
        }
    }

    /// Runs a setter with its time and a place for its sentence.
    fn set(&mut self, now_ns: u64, what: &str, call: impl Fn(*mut sys::hmx_instance, u64, *mut sys::hmx_text) -> i32) -> Result<()> {
        self.now_ns = self.now_ns.max(now_ns);
        let mut why = Sentence::new();
        let status = call(self.raw, self.now_ns, &mut why.text);
        why.check(status, what)
    }

    /// The whole vector of targets: upstream number and percentage.
    pub fn set_targets(&mut self, now_ns: u64, targets: &[(u32, f64)]) -> Result<()> {
        let member = self.tuning("set_targets", |t| t.set_targets)?;
        let rows: Vec<sys::hmx_target> = targets
            .iter()
            .map(|&(upstream, percentage)| sys::hmx_target { upstream, percentage, ..sized() })
            .collect();
        let mut vector: sys::hmx_targets = sized();
        vector.stride = size_of::<sys::hmx_target>() as u32;
        vector.count = rows.len() as u32;
        vector.rows = rows.as_ptr();
        // Safety: vector and rows live through the call, as in every setter below.
        self.set(now_ns, "set_targets", |raw, now, why| unsafe { member(raw, now, &vector, why) })
    }

    /// A preset of the controller.
    pub fn set_tuning_model(&mut self, now_ns: u64, model: TuningModel) -> Result<()> {
        let member = self.tuning("set_tuning_model", |t| t.set_tuning_model)?;
        self.set(now_ns, "set_tuning_model", |raw, now, why| unsafe {
            member(raw, now, model as u32, why)
        })
    }

    /// Own gains: points per point, per minute, minutes.
    pub fn set_custom_pid_params(&mut self, now_ns: u64, kp: f64, ki: f64, kd: f64) -> Result<()> {
        let member = self.tuning("set_custom_pid_params", |t| t.set_custom_pid_params)?;
        let gains = sys::hmx_pid_gains { kp, ki, kd, ..sized() };
        self.set(now_ns, "set_custom_pid_params", |raw, now, why| unsafe {
            member(raw, now, &gains, why)
        })
    }

    /// The deadband in points; `None`: the luck of the shares decides.
    pub fn set_deadband(&mut self, now_ns: u64, points: Option<f64>) -> Result<()> {
        let member = self.tuning("set_deadband", |t| t.set_deadband)?;
        let kind = if points.is_some() { sys::HMX_DEADBAND_POINTS } else { sys::HMX_DEADBAND_AUTO };
        self.set(now_ns, "set_deadband", |raw, now, why| unsafe {
            member(raw, now, kind, points.unwrap_or(0.0), why)
        })
    }

    /// How often the split is judged, seconds.
    pub fn set_evaluation_interval(&mut self, now_ns: u64, secs: u32) -> Result<()> {
        let member = self.tuning("set_evaluation_interval", |t| t.set_evaluation_interval)?;
        self.set(now_ns, "set_evaluation_interval", |raw, now, why| unsafe {
            member(raw, now, secs, why)
        })
    }

    /// The rest of a channel between two moves, seconds.
    pub fn set_min_reassignment_interval(&mut self, now_ns: u64, secs: u32) -> Result<()> {
        let member =
            self.tuning("set_min_reassignment_interval", |t| t.set_min_reassignment_interval)?;
        self.set(now_ns, "set_min_reassignment_interval", |raw, now, why| unsafe {
            member(raw, now, secs, why)
        })
    }

    /// Drains a pool, or takes it back.
    pub fn set_upstream_enabled(&mut self, now_ns: u64, upstream: u32, enabled: bool) -> Result<()> {
        let member = self.tuning("set_upstream_enabled", |t| t.set_upstream_enabled)?;
        let enabled = if enabled { sys::HMX_YES } else { sys::HMX_NO };
        self.set(now_ns, "set_upstream_enabled", |raw, now, why| unsafe {
            member(raw, now, upstream, enabled, why)
        })
    }

    /// Miners whose user_identity matches work for this upstream; `None`: stay where they are.
    pub fn pin(&mut self, now_ns: u64, pattern: &str, upstream: Option<u32>) -> Result<()> {
        let member = self.tuning("pin", |t| t.pin)?;
        self.set(now_ns, "pin", |raw, now, why| unsafe {
            member(raw, now, view(pattern.as_bytes()), upstream.unwrap_or(sys::HMX_NONE), why)
        })
    }

    /// Takes a pin away.
    pub fn unpin(&mut self, now_ns: u64, pattern: &str) -> Result<()> {
        let member = self.tuning("unpin", |t| t.unpin)?;
        self.set(now_ns, "unpin", |raw, now, why| unsafe {
            member(raw, now, view(pattern.as_bytes()), why)
        })
    }

    /// The next tick evaluates, and does not wait for the deviation to persist.
    pub fn rebalance_now(&mut self, now_ns: u64) -> Result<()> {
        let member = self.tuning("rebalance_now", |t| t.rebalance_now)?;
        self.set(now_ns, "rebalance_now", |raw, now, why| unsafe { member(raw, now, why) })
    }

    /// The configuration in effect as INI text.
    pub fn write_config(&mut self) -> Result<String> {
        let member = self.tuning("write_config", |t| t.write_config)?;
        // Safety: the writer lives through the call.
        let bytes = self.write_with("write_config", |raw, to| unsafe { member(raw, to) })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn metrics(&mut self) -> Result<sys::hmx_metrics_v1> {
        match self.extension(sys::HMX_METRICS_ID) {
            Some(table) => Ok(table),
            None => refuse(sys::HMX_E_UNSUPPORTED, "this plugin has no metrics"),
        }
    }

    /// What is known: the totals, and one row per pool.
    pub fn snapshot(&mut self) -> Result<(Snapshot, Vec<UpstreamMetrics>)> {
        let member = match self.metrics()?.snapshot {
            Some(member) => member,
            None => return refuse(sys::HMX_E_UNSUPPORTED, "this plugin has no snapshot"),
        };
        let mut rows = vec![sized::<sys::hmx_upstream_metrics>(); sys::HMX_UPSTREAMS_MAX as usize];
        let mut out: sys::hmx_snapshot = sized();
        out.stride = size_of::<sys::hmx_upstream_metrics>() as u32;
        out.capacity = sys::HMX_UPSTREAMS_MAX;
        out.rows = rows.as_mut_ptr();
        // Safety: out and rows live through the call.
        check(unsafe { member(self.raw, &mut out) }, "snapshot")?;
        rows.truncate(out.count as usize);
        out.rows = std::ptr::null_mut();
        Ok((Snapshot(out), rows.into_iter().map(UpstreamMetrics).collect()))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}
