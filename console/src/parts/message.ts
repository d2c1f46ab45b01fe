import { ElMessage } from 'element-plus/es/components/message/index'
import { ElMessageBox } from 'element-plus/es/components/message-box/index'
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'
import { t } from '@/i18n'
import { oneLine } from './errors'

export function say(text: string) {
  ElMessage({ message: text, type: 'success', duration: 2500 })
}

export function complain(error: unknown) {
  ElMessage({ message: oneLine(error), type: 'error', duration: 6000, showClose: true })
}

/** True where the person agreed. */
export async function sure(question: string, yes: string): Promise<boolean> {
  try {
    await ElMessageBox.confirm(question, { confirmButtonText: yes, cancelButtonText: t('action.cancel') })
    return true
  } catch {
    return false
  }
}
