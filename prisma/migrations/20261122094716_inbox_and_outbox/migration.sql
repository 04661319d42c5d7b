-- CreateEnum
CREATE TYPE "payment_status" AS ENUM ('PROCESSING', 'REQUIRES_ACTION', 'SUCCEEDED', 'FAILED', 'CANCELED');

-- CreateEnum
CREATE TYPE "refund_status" AS ENUM ('PENDING', 'REQUIRES_ACTION', 'SUCCEEDED', 'FAILED', 'CANCELED');

-- CreateEnum
CREATE TYPE "dispute_status" AS ENUM ('WARNING_NEEDS_RESPONSE', 'WARNING_UNDER_REVIEW', 'WARNING_CLOSED', 'NEEDS_RESPONSE', 'UNDER_REVIEW', 'WON', 'LOST', 'PREVENTED');

-- CreateEnum
CREATE TYPE "suppression_reason" AS ENUM ('BOUNCED', 'COMPLAINED', 'VENDOR', 'UNSUBSCRIBED');

-- CreateEnum
CREATE TYPE "replay_target" AS ENUM ('INBOX', 'OUTBOX');

-- CreateEnum
CREATE TYPE "reconciliation_kind" AS ENUM ('EVENTS', 'SUBSCRIPTIONS', 'CUSTOMERS');

-- AlterEnum
ALTER TYPE "outbox_kind" ADD VALUE 'CANCEL_SUBSCRIPTION';

-- AlterEnum
ALTER TYPE "outbox_status" ADD VALUE 'SUPPRESSED';

-- DropIndex
DROP INDEX "outbox_message_created_at_idx";

-- DropIndex
DROP INDEX "webhook_event_provider_received_at_idx";

-- DropIndex
DROP INDEX "webhook_event_received_at_idx";

-- AlterTable
ALTER TABLE "audit_log" ADD COLUMN     "event_id" UUID;

-- AlterTable
ALTER TABLE "billing_customer" ADD COLUMN     "deleted_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "outbox_message" ADD COLUMN     "category" TEXT,
ADD COLUMN     "event_id" UUID,
ADD COLUMN     "payload_pruned_at" TIMESTAMPTZ(3),
ADD COLUMN     "recipient" TEXT,
ADD COLUMN     "replays" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "subject" TEXT,
ADD COLUMN     "workspace_id" UUID;

-- AlterTable
ALTER TABLE "webhook_event" ADD COLUMN     "payload_pruned_at" TIMESTAMPTZ(3),
ADD COLUMN     "replays" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "workspace_id" UUID,
ALTER COLUMN "payload" DROP NOT NULL;

-- CreateTable
CREATE TABLE "payment" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "account" TEXT NOT NULL DEFAULT '',
    "external_id" TEXT NOT NULL,
    "status" "payment_status" NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "failure_code" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "fence" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refund" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "account" TEXT NOT NULL DEFAULT '',
    "external_id" TEXT NOT NULL,
    "payment_id" TEXT NOT NULL,
    "status" "refund_status" NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "reason" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "fence" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "refund_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dispute" (
    "id" UUID NOT NULL,
    "workspace_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "account" TEXT NOT NULL DEFAULT '',
    "external_id" TEXT NOT NULL,
    "payment_id" TEXT NOT NULL,
    "status" "dispute_status" NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "reason" TEXT NOT NULL,
    "evidence_due_at" TIMESTAMPTZ(3),
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "fence" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dispute_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sync_tombstone" (
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "account" TEXT NOT NULL DEFAULT '',
    "external_id" TEXT NOT NULL,
    "fence" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sync_tombstone_pkey" PRIMARY KEY ("provider","mode","account","external_id")
);

-- CreateTable
CREATE TABLE "failed_attempt" (
    "id" UUID NOT NULL,
    "work_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "error" TEXT NOT NULL,
    "is_last" BOOLEAN NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "failed_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "email_suppression" (
    "id" UUID NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "address" TEXT NOT NULL,
    "category" TEXT NOT NULL DEFAULT '',
    "reason" "suppression_reason" NOT NULL,
    "provider" TEXT,
    "message_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "email_suppression_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "send_slot" (
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "slot" BIGINT NOT NULL,
    "used" INTEGER NOT NULL,

    CONSTRAINT "send_slot_pkey" PRIMARY KEY ("provider","mode","slot")
);

-- CreateTable
CREATE TABLE "schedule" (
    "name" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "schedule_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "replay_job" (
    "id" UUID NOT NULL,
    "request_key" TEXT NOT NULL,
    "actor_id" UUID,
    "target" "replay_target" NOT NULL,
    "filter" JSONB NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "cursor_at" TIMESTAMPTZ(3),
    "cursor_id" UUID,
    "replayed" INTEGER NOT NULL DEFAULT 0,
    "lease_token" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "replay_job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reconciliation_run" (
    "id" UUID NOT NULL,
    "kind" "reconciliation_kind" NOT NULL,
    "provider" TEXT NOT NULL,
    "mode" "provider_mode" NOT NULL,
    "account" TEXT NOT NULL DEFAULT '',
    "open_key" TEXT,
    "cursor" TEXT,
    "since" TIMESTAMPTZ(3),
    "seen" INTEGER NOT NULL DEFAULT 0,
    "drift" INTEGER NOT NULL DEFAULT 0,
    "lease_token" UUID,
    "lease_until" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "reconciliation_run_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "sync_tombstone_created_at_idx" ON "sync_tombstone"("created_at");

-- CreateIndex
CREATE INDEX "payment_workspace_id_occurred_at_idx" ON "payment"("workspace_id", "occurred_at");

-- CreateIndex
CREATE INDEX "payment_customer_id_idx" ON "payment"("customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_provider_mode_account_external_id_key" ON "payment"("provider", "mode", "account", "external_id");

-- CreateIndex
CREATE INDEX "refund_workspace_id_occurred_at_idx" ON "refund"("workspace_id", "occurred_at");

-- CreateIndex
CREATE INDEX "refund_customer_id_idx" ON "refund"("customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "refund_provider_mode_account_external_id_key" ON "refund"("provider", "mode", "account", "external_id");

-- CreateIndex
CREATE INDEX "dispute_workspace_id_occurred_at_idx" ON "dispute"("workspace_id", "occurred_at");

-- CreateIndex
CREATE INDEX "dispute_customer_id_idx" ON "dispute"("customer_id");

-- CreateIndex
CREATE UNIQUE INDEX "dispute_provider_mode_account_external_id_key" ON "dispute"("provider", "mode", "account", "external_id");

-- CreateIndex
CREATE INDEX "failed_attempt_work_id_at_idx" ON "failed_attempt"("work_id", "at");

-- CreateIndex
CREATE INDEX "failed_attempt_at_idx" ON "failed_attempt"("at");

-- CreateIndex
CREATE INDEX "email_suppression_mode_created_at_id_idx" ON "email_suppression"("mode", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "email_suppression_mode_address_category_key" ON "email_suppression"("mode", "address", "category");

-- CreateIndex
CREATE UNIQUE INDEX "replay_job_request_key_key" ON "replay_job"("request_key");

-- CreateIndex
CREATE INDEX "replay_job_finished_at_created_at_idx" ON "replay_job"("finished_at", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "reconciliation_run_open_key_key" ON "reconciliation_run"("open_key");

-- CreateIndex
CREATE INDEX "reconciliation_run_kind_started_at_idx" ON "reconciliation_run"("kind", "started_at");

-- CreateIndex
CREATE INDEX "audit_log_event_id_idx" ON "audit_log"("event_id");

-- CreateIndex
CREATE INDEX "outbox_message_event_id_idx" ON "outbox_message"("event_id");

-- CreateIndex
CREATE INDEX "outbox_message_kind_created_at_id_idx" ON "outbox_message"("kind", "created_at", "id");

-- CreateIndex
CREATE INDEX "outbox_message_kind_status_created_at_id_idx" ON "outbox_message"("kind", "status", "created_at", "id");

-- CreateIndex
CREATE INDEX "outbox_message_kind_category_created_at_id_idx" ON "outbox_message"("kind", "category", "created_at", "id");

-- CreateIndex
CREATE INDEX "outbox_message_recipient_created_at_id_idx" ON "outbox_message"("recipient", "created_at", "id");

-- CreateIndex
CREATE INDEX "outbox_message_workspace_id_created_at_id_idx" ON "outbox_message"("workspace_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_event_received_at_id_idx" ON "webhook_event"("received_at", "id");

-- CreateIndex
CREATE INDEX "webhook_event_status_received_at_id_idx" ON "webhook_event"("status", "received_at", "id");

-- CreateIndex
CREATE INDEX "webhook_event_provider_received_at_id_idx" ON "webhook_event"("provider", "received_at", "id");

-- CreateIndex
CREATE INDEX "webhook_event_type_received_at_id_idx" ON "webhook_event"("type", "received_at", "id");

-- CreateIndex
CREATE INDEX "webhook_event_object_id_received_at_id_idx" ON "webhook_event"("object_id", "received_at", "id");

-- CreateIndex
CREATE INDEX "webhook_event_workspace_id_received_at_id_idx" ON "webhook_event"("workspace_id", "received_at", "id");

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "billing_customer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refund" ADD CONSTRAINT "refund_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refund" ADD CONSTRAINT "refund_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "billing_customer"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "billing_customer"("id") ON DELETE CASCADE ON UPDATE CASCADE;
