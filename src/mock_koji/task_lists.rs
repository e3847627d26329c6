//! Lists of tasks: selection, order, and rows.

use super::state::Caller;
use super::{Mock, index};
use crate::koji::calls::*;
use crate::koji::shapes::Task as TaskShape;
use crate::koji::{Fault, Ref, RowsOrCount, Value};

impl Mock {
    pub(super) fn list_tasks(
        &mut self,
        _: Caller,
        call: ListTasks,
    ) -> Result<RowsOrCount<TaskShape>, Fault> {
        let (opts, query) = (call.opts.unwrap_or_default(), call.query_opts.unwrap_or_default());
        let filter = Filter::of(self, &opts)?;
        let total = i64::try_from(self.tasks.len()).expect("few tasks");
        let mut ids: Vec<i64> = (1..=total).filter(|&id| filter.takes(self, id)).collect();
        if query.get("countOnly") == Some(&Value::Bool(true)) {
            return Ok(RowsOrCount::Count(i64::try_from(ids.len()).expect("few tasks")));
        }
        self.sort(&mut ids, query.get("order").and_then(Value::as_str).unwrap_or("id"))?;
        let number = |name: &str| {
            query.get(name).and_then(Value::as_int).and_then(|number| usize::try_from(number).ok())
        };
        let window = ids.into_iter().skip(number("offset").unwrap_or(0));
        let window = window.take(number("limit").unwrap_or(usize::MAX));
        let decode = opts.get("decode") == Some(&Value::Bool(true));
        Ok(RowsOrCount::Rows(window.map(|id| self.list_row(id, decode)).collect()))
    }

    fn list_row(&self, id: i64, decode: bool) -> TaskShape {
        let task = &self.tasks[index(id)];
        let request = if decode {
            Value::List(task.request.clone())
        } else {
            crate::koji::codec::write_call(&task.method, task.request.clone()).as_str().into()
        };
        let result = match &task.result {
            Some(Ok(value)) if decode => value.clone(),
            _ => Value::Nil,
        };
        TaskShape {
            request: Some(request),
            result: Some(result),
            owner_name: Some(self.user_name(task.owner)),
            owner_type: Some(i64::from(self.users[index(task.owner)].is_host)),
            ..self.task_shape(id, false)
        }
    }

    fn sort(&self, ids: &mut [i64], order: &str) -> Result<(), Fault> {
        for key in order.split(',').rev() {
            let (name, is_down) = match key.strip_prefix('-') {
                Some(name) => (name, true),
                None => (key, false),
            };
            let rank = |id: i64| -> i64 {
                let task = &self.tasks[index(id)];
                match name {
                    "priority" => task.priority,
                    "create_time" => self.standing(task).created,
                    "completion_time" => self.standing(task).ended.unwrap_or(i64::MAX),
                    "start_time" => self.standing(task).started.unwrap_or(i64::MAX),
                    "state" => self.standing(task).state as i64,
                    _ => id,
                }
            };
            let known = ["id", "priority", "create_time", "completion_time", "start_time", "state"];
            if !known.contains(&name) {
                return Err(Fault::generic(format!("Invalid order: {name}")));
            }
            ids.sort_by_key(|&id| rank(id));
            if is_down {
                ids.reverse();
            }
        }
        Ok(())
    }
}

/// The requested tasks. As in koji, unknown options are ignored.
struct Filter {
    states: Option<Vec<i64>>,
    methods: Option<Vec<String>>,
    owner: Option<Vec<i64>>,
    not_owner: Option<Vec<i64>>,
    arches: Option<Vec<String>>,
    channel: Option<i64>,
    host: Option<i64>,
    /// `Some(None)`: those without a parent.
    parent: Option<Option<i64>>,
    /// For each of creation, start and completion: before, and after.
    spans: [(Option<f64>, Option<f64>); 3],
}

impl Filter {
    fn of(mock: &Mock, opts: &Map) -> Result<Self, Fault> {
        let list = |name: &str| match opts.get(name) {
            None | Some(Value::Nil) => None,
            Some(Value::List(items)) => Some(items.clone()),
            Some(one) => Some(vec![one.clone()]),
        };
        let numbers = |name: &str| {
            list(name).map(|items| items.iter().filter_map(Value::as_int).collect::<Vec<_>>())
        };
        let texts = |name: &str| {
            list(name).map(|items| {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
            })
        };
        let users = |name: &str| -> Result<Option<Vec<i64>>, Fault> {
            let Some(items) = list(name) else { return Ok(None) };
            let user = |item: Value| {
                let user: Ref = item.read().map_err(|e| Fault::generic(e.to_string()))?;
                mock.user_id(&user)
            };
            items.into_iter().map(user).collect::<Result<_, _>>().map(Some)
        };
        let seconds = |name: &str| match opts.get(name) {
            Some(Value::Double(at)) => Some(*at),
            #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
            Some(Value::Int(at)) => Some(*at as f64),
            Some(Value::Text(text)) => {
                let text = text.trim().replacen(' ', "T", 1);
                let text =
                    if text.contains('+') || text.ends_with('Z') { text } else { text + "Z" };
                text.parse::<jiff::Timestamp>().ok().map(|at| at.as_duration().as_secs_f64())
            }
            _ => None,
        };
        let span =
            |name: &str| (seconds(&format!("{name}Before")), seconds(&format!("{name}After")));
        let parent = opts.get("parent").map(|parent| parent.as_int());
        Ok(Self {
            states: numbers("state"),
            methods: texts("method"),
            owner: users("owner")?,
            not_owner: users("not_owner")?,
            arches: texts("arch"),
            channel: opts.get("channel_id").and_then(Value::as_int),
            host: opts.get("host_id").and_then(Value::as_int),
            parent,
            spans: [span("created"), span("started"), span("completed")],
        })
    }

    fn takes(&self, mock: &Mock, id: i64) -> bool {
        let task = &mock.tasks[index(id)];
        let is_in = |list: &Option<Vec<i64>>, value: i64| {
            list.as_ref().is_none_or(|list| list.contains(&value))
        };
        let has = |list: &Option<Vec<String>>, value: &String| {
            list.as_ref().is_none_or(|list| list.contains(value))
        };
        if !has(&self.methods, &task.method)
            || !has(&self.arches, &task.arch)
            || !is_in(&self.owner, task.owner)
            || self.not_owner.as_ref().is_some_and(|list| list.contains(&task.owner))
            || self.channel.is_some_and(|channel| channel != task.channel)
            || self.parent.is_some_and(|parent| parent != task.parent)
        {
            return false;
        }
        let at = mock.standing(task);
        let moments = [Some(at.created), at.started, at.ended];
        is_in(&self.states, at.state as i64)
            && self.host.is_none_or(|host| at.host == Some(host))
            && self.spans.iter().zip(moments).all(|((before, after), moment)| {
                let seconds = moment.map(|moment| mock.seconds(moment));
                before.is_none_or(|limit| seconds.is_some_and(|at| at < limit))
                    && after.is_none_or(|limit| seconds.is_some_and(|at| at > limit))
            })
    }
}
