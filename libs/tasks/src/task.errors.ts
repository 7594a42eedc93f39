import { DomainError } from '@app/common';

export class TaskNotFoundError extends DomainError {
  constructor() {
    super('TASK_NOT_FOUND', 'not-found', 'There is no such task.');
  }
}

/** A task in this state cannot do what was asked. */
export class TaskStateError extends DomainError {
  constructor(detail: string) {
    super('TASK_STATE_CONFLICT', 'conflict', detail);
  }
}

/** Only the person who started a task, or a superuser, may stop or delete it. */
export class TaskForbiddenError extends DomainError {
  constructor() {
    super('TASK_FORBIDDEN', 'forbidden', 'Only the person who started the task, or a superuser, may do that.');
  }
}

/** Why a run was told to stop. The runner reads it; handlers let it pass. */
export class TaskStoppedError extends Error {
  constructor(readonly reason: 'cancelled' | 'ownership-lost' | 'shutdown') {
    super(`The run was stopped: ${reason}`);
    this.name = TaskStoppedError.name;
  }
}
