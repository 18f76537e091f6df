"""Every safety control, what of the source is its call, and the test that must fail when that is gone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """`changes`: (file below autonomy_pack, its exact text, what stands there when the control is gone)."""

    name: str
    test: str
    changes: tuple[tuple[str, str, str], ...]


def control(name: str, test: str, *changes: tuple[str, str, str]) -> Control:
    return Control(name, f"tests/{test}", changes)


FORGE = "forges/test_local.py::test_"
STOP, DECIDE, HAND = "flows/test_stop.py::test_", "flows/test_decisions.py::test_", "flows/test_handoff.py::test_"
ATTEMPT, CHECK, BOX = "flows/test_attempt.py::test_", "flows/test_checks.py::test_", "flows/test_box.py::test_"
CLAIM, RECORD, TRUST = "flows/test_claim.py::test_", "flows/test_records.py::test_", "flows/test_trust.py::test_"
GIT, DRY = "controls/test_isolation.py::test_", "flows/test_rehearse.py::test_"

STOPS = (
    control(
        "nothing begins under a stop",
        STOP + "a_stop_file_of_any_content_stops[empty]",
        ("flows/session.py", "    stop.heed(project.place)\n", ""),
    ),
    control(
        "a STOP that cannot be read is a STOP",
        STOP + "a_stop_file_of_any_content_stops[words]",
        ("flows/stop.py", "    except Exception:  # noqa: BLE001 - an unreadable STOP", "    except KeyError:  #"),
    ),
    control(
        "a dangling link named STOP is a STOP",
        STOP + "a_stop_that_is_a_folder_or_a_dangling_link_stops_too",
        (
            "flows/stop.py",
            "    if not path.exists() and not path.is_symlink():\n        return None",
            "    if not path.exists():\n        return None",
        ),
    ),
    control(
        "stop before each issue",
        STOP + "a_stop_between_two_issues_leaves_the_second_alone",
        (
            "flows/session.py",
            "return last == Outcome.STOPPED or stop.read(project.place) is not None",
            "return last == Outcome.STOPPED",
        ),
    ),
    control(
        "stop before the agent",
        STOP + "no_agent_is_started_under_a_stop",
        ("flows/agent.py", "    job.heed_stop()\n    watch", "    watch"),
    ),
    control(
        "stop before each step",
        STOP + "no_step_begins_after_a_stop",
        ("flows/agent.py", "self.too_many or self._job.why_stop()", "self.too_many"),
    ),
    control(
        "stop while the agent works",
        STOP + "a_hanging_agent_is_ended_by_a_stop",
        ("flows/agent.py", "if watch.too_many else job.why_stop()", 'if watch.too_many else ""'),
    ),
    control(
        "stop before each check",
        STOP + "no_check_begins_after_a_stop",
        ("flows/checks.py", "    job.heed_stop()\n    job.terms", "    job.terms"),
    ),
    control(
        "stop while a check works",
        STOP + "a_hanging_check_is_ended_by_a_stop_and_did_not_run",
        ("flows/checks.py", "stop=job.why_stop,", 'stop=lambda: "",'),
    ),
    control(
        "stop before a question",
        STOP + "no_question_is_asked_after_a_stop",
        ("flows/work.py", "    job.heed_stop()\n", ""),
    ),
    control(
        "stop before a handoff begins",
        STOP + "a_handoff_does_not_even_begin_under_a_stop",
        ("flows/handoff.py", "    stop.heed(project.place)\n    intended", "    intended"),
    ),
    control(
        "stop before a branch",
        STOP + "a_stop_just_before_the_branch_is_made_leaves_none",
        ("flows/handoff.py", "    stop.heed(project.place)\n    bring_in", "    bring_in"),
    ),
    control(
        "stop before an approval",
        DECIDE + "nothing_is_approved_under_a_stop",
        ("flows/decisions.py", "    stop.heed(project.place)\n", ""),
    ),
    control(
        "what a stopped agent left is kept",
        STOP + "a_hanging_agent_is_ended_by_a_stop",
        ("flows/work.py", "        keep_work(job)\n        raise", "        raise"),
    ),
)

TRUSTS = (
    control(
        "a run needs trust",
        TRUST + "an_untrusted_repository_runs_nothing_and_every_argv_is_shown",
        ("commands/working.py", "        trust.need(place)\n        opened", "        opened"),
    ),
    control(
        "a dry run needs trust",
        TRUST + "a_dry_run_asks_for_trust_too",
        ("commands/working.py", "        trust.need(place)\n        chosen_box", "        chosen_box"),
    ),
    control(
        "without trust nothing that runs programs is chosen",
        TRUST + "without_trust_even_a_session_chooses_no_mission_that_runs_programs",
        ("flows/survey.py", "    if not trust.may_run_programs(project.place):", "    if False:"),
    ),
    control(
        "trust is for these exact files",
        TRUST + "any_change_to_what_governs_asks_again[.github/autonomy/agents/planner.md]",
        ("flows/trust.py", '.get("files") == _digest(governing_files(place))', '.get("files") is not None'),
    ),
    control(
        "trust is for this path",
        TRUST + "trust_is_for_one_path_only",
        ("flows/trust.py", "_trusted().get(_key(place), {})", "next(iter(_trusted().values()), {})"),
    ),
    control(
        "programs of every mission are shown",
        TRUST + "a_mission_that_leans_on_the_configurations_checks_shows_its_programs",
        ("flows/trust.py", "(text, path, checks=[check.name for check in own])", "(text, path)"),
    ),
)

BOXES = (
    control(
        "never weaker than asked for",
        BOX + "a_level_that_cannot_be_had_is_refused_not_weakened",
        ("flows/box.py", '    if wanted != "auto":', "    if False:"),
    ),
    control(
        "auto never means none",
        BOX + "without_a_box_only_the_planner_works_and_runs_no_programs",
        ("flows/box.py", '(wanted == "auto" and one.level != "none")', 'wanted == "auto"'),
    ),
    control(
        "none only by a person",
        BOX + "a_repository_may_not_say_none",
        ("schemas/config.json", '"enum": ["auto", "L2", "L1"]', '"enum": ["auto", "L2", "L1", "none"]'),
    ),
    control(
        "without a box no programs",
        BOX + "without_a_box_nothing_that_runs_programs_is_chosen[checks]",
        ("flows/survey.py", 'if box.level == "L0" else ""', 'if False else ""'),
    ),
    control(
        "the agent is boxed",
        BOX + "a_boxed_agent_reaches_nothing_outside",
        ("flows/agent.py", "job.terms.box.wrap(agent.command(brief), str(job.space.work))", "agent.command(brief)"),
    ),
    control(
        "checks are boxed",
        BOX + "a_boxed_check_reaches_nothing_outside",
        ("flows/checks.py", "job.terms.box.wrap(command, str(copy))", "command"),
    ),
)

PEOPLE = (
    control(
        "an agent does not approve",
        DECIDE + "an_agent_never_answers_for_a_person[approve]",
        ("flows/decisions.py", '    stop.refuse_agents(project.store, "approve")\n', ""),
    ),
    control(
        "an agent does not deny",
        DECIDE + "an_agent_never_answers_for_a_person[deny]",
        ("flows/decisions.py", '    stop.refuse_agents(project.store, "deny")\n', ""),
    ),
    control(
        "an agent does not resume",
        DECIDE + "an_agent_never_answers_for_a_person[resume]",
        ("flows/stop.py", '    refuse_agents(store, "resume")\n', ""),
    ),
    control(
        "an agent does not reset",
        DECIDE + "an_agent_never_answers_for_a_person[reset]",
        ("flows/tasks.py", "    stop.refuse_agents(project.store, kind)\n", ""),
    ),
    control(
        "a check does not answer",
        DECIDE + "a_check_never_answers_for_a_person_either",
        ("flows/stop.py", "({(one.pid, one.pid_start) for one in holders} | _agents(store))", "_agents(store)"),
    ),
)

LEASES = (
    control(
        "a late writer is refused",
        HAND + "a_lease_stolen_in_mid_run_ends_it_stale_without_a_handoff",
        ("store/tables.py", "if lease is not None and not self._one(sql.MINE, rows.lease_params(lease)):", "if False:"),
    ),
    control(
        "a handoff begins under its fence",
        HAND + "a_lease_stolen_at_the_last_moment_makes_no_branch",
        ("flows/handoff.py", "append([intended], lease=lease)", "append([intended])"),
    ),
    control(
        "a lost lease is stale, not failed",
        HAND + "a_lease_stolen_in_mid_run_ends_it_stale_without_a_handoff",
        (
            "flows/attempt.py",
            "    except LeaseLost as error:\n        ending = Ending(outcome=Outcome.STALE, why=error.says)\n",
            "",
        ),
    ),
    control(
        "a lost lease does not end the session",
        HAND + "a_lease_stolen_in_mid_run_ends_it_stale_without_a_handoff",
        ("flows/attempt.py", "contextlib.suppress(LeaseLost)", "contextlib.nullcontext()"),
    ),
    control(
        "a lost lease ends the agent",
        ATTEMPT + "a_lease_that_is_lost_ends_a_silent_agent",
        (
            "flows/claim.py",
            "        except LeaseLost:\n            claim.lost.set()",
            "        except LeaseLost:\n            pass",
        ),
    ),
    control(
        "leases are renewed",
        CLAIM + "a_lease_is_renewed_while_work_goes_on",
        ("flows/claim.py", "                store.renew(lease, seconds=SECONDS)", "                pass"),
    ),
    control(
        "a claim is bound to what was chosen",
        CLAIM + "a_task_that_another_session_finished_meanwhile_is_not_taken",
        ("flows/claim.py", "events=claimed, only_if=unmoved)", "events=claimed)"),
    ),
    control(
        "a lane has its slots",
        CLAIM + "a_lane_holds_as_many_tasks_as_it_has_slots",
        ("flows/claim.py", 'f"lane:{task.lane}/{slot}"]', 'f"lane:{task.id}/{slot}"]'),
    ),
    control(
        "take-over ends what was left running",
        CLAIM + "what_a_dead_harness_left_running_is_ended_before_its_task_is_tried_again",
        ("flows/recover.py", "    _kill(project, lease)\n", ""),
    ),
    control(
        "only the recorded process is ended",
        CLAIM + "another_process_with_the_same_number_is_not_touched",
        ("edges/shell.py", "if pid <= 1 or host.pid_start(pid) != pid_start:", "if pid <= 1:"),
    ),
    control(
        "numbers of another machine mean nothing",
        CLAIM + "a_holder_of_another_machine_counts_as_alive_until_its_lease_ends",
        ("edges/host.py", "return same_boot(holder) and pid_start", "return pid_start"),
    ),
)

DECISIONS = (
    control(
        "an approval fits the world",
        DECIDE + "a_base_that_moved_under_the_change_is_refused",
        ("flows/decisions.py", "    why_not = why_not or handoff.why_stale(project, offer)\n", ""),
    ),
    control(
        "an approval is of this text",
        DECIDE + "an_issue_whose_text_changed_is_refused",
        ("flows/handoff.py", "    if choose.text_pin(issue) != offer.pin:", "    if False:"),
    ),
    control(
        "an approval is of an open issue",
        DECIDE + "an_issue_that_was_closed_is_refused",
        ("flows/handoff.py", 'if one.id == offer.issue and one.state == "open"', "if one.id == offer.issue"),
    ),
    control(
        "an approval is of this action",
        DECIDE + "records_that_name_another_action_are_refused[branch]",
        ("flows/decisions.py", "if handoff.action_sha256(offer) == asked.action_sha256 else", "if offer else"),
    ),
    control(
        "a bundle is the recorded one",
        DECIDE + "a_bundle_that_was_changed_is_refused",
        ("edges/workspace.py", "    if files.sha256(content) != sha256:", "    if False:"),
    ),
    control(
        "an answer comes before the deadline",
        DECIDE + "an_answer_after_the_deadline_is_refused_by_the_store_itself",
        ("flows/decisions.py", "append([event], only_if=still_open)", "append([event])"),
    ),
    control(
        "a decision expires no earlier",
        DECIDE + "a_decision_does_not_expire_early",
        ("flows/decisions.py", "        if head.deadline > now:\n            continue\n", ""),
        ("flows/decisions.py", ", only_if=DecisionExpired(decision=head.subject)", ""),
    ),
    control(
        "nobody's answer is a no",
        "flows/test_session.py::test_an_expired_decision_is_noted_by_the_next_session",
        ("flows/recover.py", "    decisions.expire(project, report)\n", ""),
    ),
    control(
        "what was approved is completed",
        DECIDE + "killed_while_it_hands_off_the_next_run_completes_it_once[2-before]",
        ("flows/recover.py", "    decisions.complete_answered(project, report)\n", ""),
    ),
    control(
        "what no longer fits is not completed",
        DECIDE + "what_was_approved_but_no_longer_fits_is_tried_again_not_handed_off",
        ("flows/decisions.py", "    if stale:\n        _requeue", "    if False:\n        _requeue"),
    ),
    control(
        "a handoff in a run fits the world",
        HAND + "a_text_that_changes_during_the_attempt_makes_it_stale",
        ("flows/handoff.py", "    if stale:\n        return Ending", "    if False:\n        return Ending"),
    ),
    control(
        "a handoff is seen to exist",
        HAND + "a_handoff_that_is_not_there_afterwards_is_no_handoff",
        ("flows/handoff.py", '    if state not in ("open", "merged"):', "    if False:"),
    ),
    control(
        "a branch is never overwritten",
        FORGE + "a_branch_is_made_once_and_never_overwritten",
        ("forges/local.py", "        if here is None:", "        if True:"),
        ("forges/local.py", ', head, "0" * len(head), at', ", head, at"),
    ),
    control(
        "a branch in the way is told before the work",
        HAND + "a_branch_of_that_name_is_never_overwritten",
        (
            "flows/survey.py",
            '    if project.forge.handoff_state(branch, "", project.base.commit) == "deleted":',
            "    if True:",
        ),
    ),
    control(
        "a tag is not taken for the branch",
        FORGE + "a_tag_of_the_branchs_name_is_refused",
        ("forges/local.py", '        if self._commit(f"refs/tags/{branch}"):', "        if False:"),
    ),
    control(
        "no object is fetched for a repository",
        "edges/test_git.py::test_a_missing_object_runs_no_program_of_the_repository",
        ("edges/git.py", '    "protocol.allow=never",\n', ""),
        ("edges/git.py", '        "GIT_NO_LAZY_FETCH": "1",\n        "GIT_PROTOCOL_FROM_USER": "0",\n', ""),
    ),
    control(
        "a stop is set whatever else is broken",
        "flows/test_stop_first.py::test_a_stop_holds_whatever_else_is_broken[database]",
        (
            "flows/stop.py",
            "    except PackError as error:\n        return",
            "    except KeyError as error:\n        return",
        ),
    ),
    control(
        "huge files are not read",
        "flows/test_hostile.py::test_a_sparse_file_is_refused_before_it_is_read",
        ("edges/workspace.py", "    _need_small_files(space.work)\n", ""),
    ),
    control(
        "trust is for this git folder",
        "flows/test_hostile.py::test_a_repository_that_points_at_a_trusted_work_tree_is_not_trusted",
        ("flows/trust.py", 'return f"{place.root} {place.git_dir}"', 'return f"{place.root}"'),
    ),
    control(
        "errors do not move the cursor",
        "flows/test_hostile.py::test_an_error_never_moves_the_terminals_cursor",
        (
            "__main__.py",
            'visible(f"autonomy: {redact(says)}\\n  Next: {redact(fix)}\\n")',
            'f"autonomy: {redact(says)}"',
        ),
    ),
    control(
        "no folder too wide is shown",
        "flows/test_hostile.py::test_the_box_never_shows_everything_or_a_home",
        ("sandboxes/launcher.py", " and not _is_too_wide(path)", ""),
    ),
    control(
        "records of the main checkout",
        "flows/test_hostile.py::test_records_that_came_with_the_main_checkout_are_refused_from_a_linked_one_too",
        ("flows/project.py", "    owner = place.workspace.parent\n", "    owner = place.root\n"),
    ),
    control(
        "programs need trust where nothing governs",
        "flows/test_hostile.py::test_programs_need_trust_also_where_nothing_governs",
        ("flows/survey.py", "trust.may_run_programs(", "trust.is_trusted("),
    ),
    control(
        "an approval that fails stops no other",
        "flows/test_hostile.py::test_an_approval_that_cannot_be_completed_does_not_stop_the_others",
        ("flows/decisions.py", "with suppress(UsageError, WorldError):", "with suppress(KeyError):"),
    ),
    control(
        "keys stay outside",
        "sandboxes/test_keyring.py::test_keys_of_the_session_stay_outside",
        ("programs/box.py", "        _leave_keyring()\n", ""),
    ),
    control(
        "an issue gives the double no orders",
        "agents/test_script.py::test_the_issues_words_are_never_the_script",
        ("agents/script.py", "brief.argv or brief.mission.constraints", "brief.argv or brief.task.fields.values()"),
    ),
)

EXAMINES = (
    control(
        "changes are examined",
        ATTEMPT + "a_secret_is_blocked_by_default",
        (
            "flows/work.py",
            "guard.examine(change, objects.reader(job.space.git_dir), rules)",
            '__import__("autonomy_pack.model", fromlist=["x"]).Examination(findings=())',
        ),
    ),
    control(
        "high risk is blocked",
        ATTEMPT + "a_secret_is_blocked_by_default",
        ("flows/work.py", '    if verdict == "block":', "    if False:"),
    ),
    control(
        "medium risk is asked about",
        ATTEMPT + "a_clean_change_passes_and_a_manifest_asks",
        ("flows/work.py", 'if verdict == "ask" or mission', "if mission"),
    ),
    control(
        "what requires approval is asked about",
        ATTEMPT + "a_mission_may_require_approval_of_everything",
        ("flows/work.py", "or mission.requires_approval", ""),
    ),
    control(
        "the tightest rule holds",
        ATTEMPT + "repository_and_mission_may_tighten[ask_from-waiting-config]",
        (
            "flows/work.py",
            "risk.tightest((config.ask_from, config.block_from), (mission.ask_from, mission.block_from))",
            "mission.ask_from, mission.block_from",
        ),
    ),
    control(
        "a guard that breaks has not said fine",
        "guards/test_check.py::test_a_guard_that_cannot_tell_is_a_high_finding",
        ("flows/guard.py", "        found.append(_could_not_tell(name, error))", "        del error"),
    ),
    control(
        "checks are run",
        CHECK + "a_failing_check_makes_no_branch_but_keeps_the_work",
        ("flows/work.py", "results = checks.run(job, change.head)", "results = ()"),
    ),
    control(
        "a failing check decides",
        CHECK + "exit_codes_are_kept_as_they_are",
        ("flows/work.py", "        if not checks.failed(results):", "        if True:"),
    ),
    control(
        "checks work on a copy",
        CHECK + "what_a_check_left_is_no_part_of_the_next_attempt_to_get_it_right",
        ("flows/checks.py", "cwd=str(copy), env", "cwd=str(job.space.work), env"),
    ),
    control(
        "checks get no environment",
        CHECK + "a_check_gets_nothing_of_the_environment_but_the_path",
        ("flows/checks.py", "env=environment(home))", "env=dict(host.environment()))"),
    ),
    control(
        "agents get no environment",
        RECORD + "an_agent_gets_no_secret_of_the_environment",
        ("agents/command.py", "{name: given[name] for name in _PASSED_ON if name in given}", "dict(given)"),
    ),
    control(
        "repair has an end",
        CHECK + "asking_again_has_an_end",
        ("flows/work.py", "range(job.run.mission.repair + 1)", "range(6)"),
    ),
    control(
        "closing needs evidence",
        HAND + "without_evidence_a_handoff_only_refers_and_closes_nothing",
        ("flows/handoff.py", "evidence.closes(weighed) and not", "not"),
    ),
    control(
        "a plan is no code",
        ATTEMPT + "a_topic_that_is_peoples_gets_a_plan[auth]",
        ("flows/work.py", "    if plan.is_wanted(job):", "    if False:"),
    ),
    control(
        "attempts are used up",
        ATTEMPT + "attempts_are_used_up_and_given_back_by_a_reset_or_a_new_text",
        ("policy/choose.py", "if head.pin == pin and head.attempts >= facts.config.attempts:", "if False:"),
    ),
    control(
        "steps are limited",
        ATTEMPT + "more_steps_than_the_limit_are_ended",
        ("flows/agent.py", "return self.steps > self._job.run.mission.limits.steps", "return False"),
    ),
    control(
        "minutes are limited",
        ATTEMPT + "more_minutes_than_the_limit_are_ended",
        ("flows/agent.py", "seconds=job.seconds_left,", "seconds=600.0,"),
    ),
    control(
        "silence is limited",
        ATTEMPT + "silence_longer_than_the_limit_is_ended",
        ("flows/agent.py", "stall_seconds=job.run.mission.limits.stall_minutes * 60,", "stall_seconds=None,"),
    ),
    control(
        "issues are limited",
        "flows/test_session.py::test_a_bad_number_of_issues_is_an_error[99]",
        ("flows/session.py", "    if wanted.max_issues not in MAX_ISSUES and", "    if False and"),
    ),
)

SINKS = (
    control(
        "transcripts are redacted",
        RECORD + "a_known_secret_reaches_no_record",
        ("flows/records.py", "key: _redacted(part, self._secrets) for", "key: part for"),
    ),
    control(
        "records are redacted",
        RECORD + "a_secret_in_an_issue_reaches_no_record",
        ("flows/records.py", "json.dumps(_redacted(data, known_secrets()), indent", "json.dumps(data, indent"),
    ),
    control(
        "summaries are redacted",
        RECORD + "a_secret_in_an_issue_reaches_no_record",
        ("flows/summary.py", "redact(text, records.known_secrets())", "text"),
    ),
    control(
        "bodies are redacted",
        RECORD + "a_secret_in_an_issue_reaches_no_record",
        ("flows/handoff.py", "redact(body, records.known_secrets())", "body"),
    ),
    control(
        "findings are redacted",
        RECORD + "a_known_secret_in_a_change_blocks_it_and_is_not_shown",
        ("flows/work.py", "secrets=records.known_secrets()", "secrets=()"),
    ),
    control(
        "complaints are redacted",
        CHECK + "a_secret_that_a_check_prints_reaches_no_record",
        (
            "flows/checks.py",
            'redact(output[-_TAIL:].decode(errors="replace") or ended.says, known_secrets())',
            "output[-_TAIL:].decode()",
        ),
    ),
    control(
        "what is printed is redacted",
        RECORD + "what_is_printed_about_a_run_is_redacted",
        ("commands/run.py", "redact(text, records.known_secrets())", "text"),
    ),
    control(
        "foreign words are harmless in a body",
        HAND + "a_handoff_body_shows_foreign_words_but_lets_them_do_nothing",
        ("views/render.py", "    return sanitize(one_line(str(text), limit))", "    return one_line(str(text), limit)"),
    ),
    control(
        "foreign words are harmless in a title",
        HAND + "a_handoff_body_shows_foreign_words_but_lets_them_do_nothing",
        ("policy/names.py", "{sanitize(one_line(task.title, 120))}", "{one_line(task.title, 120)}"),
    ),
    control(
        "foreign words are harmless in a summary",
        "flows/test_summary.py::test_a_hostile_title_does_nothing_in_the_summary",
        ("views/render.py", "    return sanitize(one_line(str(text), limit))", "    return one_line(str(text), limit)"),
    ),
    control(
        "what waits outlives its session",
        "flows/test_summary.py::test_old_sessions_go_and_what_still_waits_stays",
        ("flows/summary.py", " and not holds & needed", ""),
    ),
)

ISOLATION = (
    control(
        "no hooks",
        GIT + "a_hook_of_the_repository_never_runs",
        ("edges/git.py", '    "core.hooksPath=/dev/null",\n', ""),
    ),
    control(
        "no file-system monitor",
        GIT + "a_program_in_the_repositorys_configuration_never_runs[core.fsmonitor]",
        ("edges/git.py", '    "core.fsmonitor=false",\n', ""),
    ),
    control(
        "no filters of the repository",
        GIT + "a_filter_of_the_repositorys_configuration_never_runs[tr=ap-clean]",
        ("flows/project.py", ", env=_no_filters(place))", ")"),
    ),
    control(
        "no configuration of the user",
        GIT + "a_filter_of_the_users_own_configuration_never_runs",
        ("edges/git.py", '        "GIT_CONFIG_GLOBAL": "/dev/null",\n', ""),
        ("edges/git.py", '        "HOME": "/nonexistent",\n', '        "HOME": os.environ["HOME"],\n'),
    ),
    control(
        "a repository of its own for each attempt",
        GIT + "a_filter_of_the_repositorys_configuration_never_runs[trap-clean]",
        ("edges/workspace.py", 'git_dir=folder / "attempt.git"', "git_dir=objects_of"),
        ("edges/workspace.py", "    borrow(objects_of, space.git_dir)\n", ""),
    ),
    control(
        "no repositories inside the change",
        "flows/test_misbehaviour.py::test_a_misbehaving_agent_is_judged_by_what_it_left[hides a repository in a folder]",
        ("edges/workspace.py", "    _make_plain(space.work)\n", ""),
    ),
)

DRY_RUNS = (
    control(
        "a dry run has a store of its own",
        DRY + "a_dry_run_writes_nothing_anywhere_in_the_repository[text-fresh]",
        ("flows/rehearse.py", "store=f\"sqlite:///{folder / 'scratch.db'}\"", "store=None"),
    ),
    control(
        "looking makes no store",
        DRY + "looking_at_the_issues_writes_nothing_either",
        ("flows/rehearse.py", "store=own if there else", "store=own if own else"),
    ),
    control(
        "a dry run cleans up",
        DRY + "a_dry_run_writes_nothing_anywhere_in_the_repository[text-fresh]",
        (
            "flows/rehearse.py",
            "        scratch.store.close()\n        files.remove_tree(folder)",
            "        scratch.store.close()",
        ),
    ),
)

CONTROLS = (
    *STOPS,
    *TRUSTS,
    *BOXES,
    *PEOPLE,
    *LEASES,
    *DECISIONS,
    *EXAMINES,
    *SINKS,
    *ISOLATION,
    *DRY_RUNS,
)
