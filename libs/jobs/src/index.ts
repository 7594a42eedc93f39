export { QUEUE_NAMES, QUEUES, type QueuePolicy } from './queues.js';
export {
  queueMessage,
  TASK_NAMES,
  TASKS,
  type AudienceFilter,
  type QueueMessage,
  type QueueName,
  type TaskName,
  type TaskPayload,
} from './tasks.js';
